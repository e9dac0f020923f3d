// A lesson's own words, in the language of the page where it has them: they come with the lesson and not with the page.
import { cash, percent, t } from "./words.js";

const inOwn = (texts) => texts[document.documentElement.lang] ?? texts.en ?? Object.values(texts)[0];
export const wordsOf = (lesson) => inOwn(lesson.words);

export const isGame = (lesson) => lesson.kind === "game";
export const isDrag = (lesson) => lesson.move === "drag";
// What can be predicted: what happens in a game, or what the lesson says can be answered.
export const predictions = (lesson) => (isGame(lesson) ? ["both_keep", "one_leaves", "both_leave"] : lesson.options);
export const armOf = (lesson, label) => lesson.arms.find((one) => one.label === label);

export function optionName(lesson, key) {
  if (isDrag(lesson) && !armOf(lesson, key)) return percent(Number(key) / 100);
  const arm = armOf(lesson, key);
  return arm && !isGame(lesson) ? inOwn(arm.name) : t(`learn.${key}`);
}
export const issueName = (lesson, key) => inOwn(lesson.issues[key]);

// A value by the lesson's measure: a share, or bn$ a year.
export const told = (lesson, value) => (lesson.measure === "gain" ? cash(value) : percent(value));
