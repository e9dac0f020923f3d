// A lesson's own words, in the language of the page where it has them: they come with the lesson and not with the page.
import { t } from "./words.js";

const inOwn = (texts) => texts[document.documentElement.lang] ?? texts.en ?? Object.values(texts)[0];
export const wordsOf = (lesson) => inOwn(lesson.words);

export const isGame = (lesson) => lesson.kind === "game";
// What can be predicted; armed: the names of arms.
export const predictions = (lesson) => (isGame(lesson) ? ["both_keep", "one_leaves", "both_leave"] : [...lesson.arms.map((arm) => arm.label), "same"]);

export function optionName(lesson, key) {
  const arm = lesson.arms.find((one) => one.label === key);
  return arm && !isGame(lesson) ? inOwn(arm.name) : t(`learn.${key}`);
}
