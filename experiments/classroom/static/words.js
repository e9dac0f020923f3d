// The page's words, fetched when a language is chosen; numbers are written as that language writes them.
import { wordsOf } from "./api.js";

let words = {};
let language = "en";

export async function speak(wanted) {
  ({ words, code: language } = await wordsOf(wanted));
  document.documentElement.lang = language;
  document.title = t("title");
}

export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) {
    console.error(`no words for ${key}`);
    return key;
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => (name in values ? String(values[name]) : `{${name}}`));
}

export const has = (key) => key in words;

// What stands between two sentences, before what a name stands for, and around what is said aside.
export const gap = () => t("sentences", { one: "", two: "" });
export const colon = () => t("colon");
export const aside = (what) => t("brackets", { what });

// A sentence may begin with a name that is written small within it ("the United States").
export const sentence = (text) => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);
// The name of a choice; a tactic from a file of one's own has no words but its name.
export const choiceName = (key) => (has(`choice.${key}`) ? t(`choice.${key}`) : key);

// How numbers are written, made once for each language and number of places: to make one takes longer than to use it.
const written = new Map();
function inWriting(value, least, most) {
  const key = `${language} ${least} ${most}`;
  if (!written.has(key)) written.set(key, new Intl.NumberFormat(language, { minimumFractionDigits: least, maximumFractionDigits: most }));
  return written.get(key).format(value);
}
export const digits = (value, places = 2) => inWriting(Math.abs(value) < 0.5 * 10 ** -places ? 0 : Number(value), places, places);
// A number with no more places than it needs.
export const plain = (value, places) => `${value < 0 ? "−" : ""}${inWriting(Math.abs(value), 0, places)}`;
export const signed = (value, places = 2) =>
  (Math.abs(value) < 0.5 * 10 ** -places ? "" : value > 0 ? "+" : "−") + digits(Math.abs(value), places);
// Money comes in bn$ and is written in the unit that the language counts it in: 1 bn$ is 10 亿美元.
const inUnits = (value) => value * Number(t("money.per_bn"));
export const money = (value) => digits(inUnits(value), Number(t("money.places")));
export const signedMoney = (value, more = 0) => signed(inUnits(value), Number(t("money.places")) + more);
// A sum with its unit: 0.23 bn$, 2.3 亿美元; a gain with its sign, too.
export const signedCash = (value) => t("money.sum", { n: signedMoney(value) });
export const cash = (value) => t("money.sum", { n: signedMoney(value).replace("+", "") });
export const percent = (value, places = 0) => `${digits(100 * value, places)}%`;
// A duty: whole percent, with a digit more where it is small.
export const rateOf = (value) => percent(value, value < 0.1 && Math.round(1000 * value) % 10 ? 1 : 0);
