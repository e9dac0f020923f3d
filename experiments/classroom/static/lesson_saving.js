// Save what the laboratory compares, before and after, as a lesson: a TOML file that detente class --lessons plays.
import { button, h, notice } from "./dom.js";
import { branchLines, changedLines } from "./drawer_words.js";
import { hand } from "./figure_files.js";
import { before, state } from "./run.js";
import { t } from "./words.js";

const FIELDS = ["title", "text", "question", "before", "after"];
let fields = {};

export function lessonTool() {
  fields = Object.fromEntries(FIELDS.map((name) => [name, h(name === "text" ? "textarea" : "input", { type: name === "text" ? null : "text", id: `lesson-${name}`, maxlength: 400 })]));
  return h("details", { id: "lesson" }, h("summary", {}, t("saving.title")), h("p", { class: "soft" }, t("saving.help")),
    h("div", { class: "grid" }, FIELDS.map((name) => h("label", {}, t(`saving.of_${name}`), fields[name]))),
    button(t("saving.save"), saved, { id: "lesson-save" }));
}

function saved() {
  const other = before();
  if (!other || (state.moves.length && !state.settings.changes.length)) return notice(t("saving.nothing"), true);
  const own = (name, usual) => fields[name].value.trim() || usual;
  const what = [...changedLines(), ...branchLines(state.settings, [])].join(t("comma"));
  const words = { title: own("title", t("saving.usual_title")), text: own("text", t("saving.usual_text", { what })), question: own("question", t("saving.usual_question")) };
  const arms = [["before", own("before", t("saving.usual_before")), other], ["after", own("after", what), state.settings]];
  const name = words.title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 40) || "lesson";
  hand(new Blob([asToml(document.documentElement.lang, words, arms)], { type: "application/toml" }), `${name}.toml`);
}

// A text, number or switch as TOML writes it; JSON writes them alike, but for a sign that TOML wants escaped and half characters.
const plain = (value) => (typeof value === "string" ? JSON.stringify(value.toWellFormed?.() ?? value).replaceAll("\u007f", "\\u007F") : String(value));
const table = (entries) => `{ ${entries.map(([name, value]) => `${JSON.stringify(name)} = ${plain(value)}`).join(", ")} }`;

function asToml(language, words, arms) {
  const lines = ['kind = "arms"', 'measure = "depth"', "", `[words.${language}]`, ...Object.entries(words).map(([name, text]) => `${name} = ${plain(text)}`)];
  for (const [label, name, settings] of arms) {
    lines.push("", "[[arms]]", `label = ${plain(label)}`, `name = ${table([[language, name]])}`, `scenario = ${plain(settings.scenario)}`);
    const parameters = Object.entries(settings.parameters);
    if (parameters.length) lines.push(`parameters = ${table(parameters)}`);
    if (settings.changes.length) lines.push(`changes = [${settings.changes.map((row) => `[${row.map(plain).join(", ")}]`).join(", ")}]`);
  }
  return `${lines.join("\n")}\n`;
}
