// The same few questions before and after the class, without a name: what did it learn?
import { button, h, notice, put } from "./dom.js";
import { asVoter } from "./vote.js";
import { t } from "./words.js";

let parts = {};

export function stop() {
  parts = {};
}

export function mount(root) {
  root.append(h("h1", {}, t("quiz.title")), h("p", {}, t("quiz.help")), (parts.box = h("section", { class: "card grid", id: "quiz" }, h("p", { class: "soft" }, t("waiting")))));
  return look();
}

async function look() {
  try {
    const seen = await asVoter("quiz", { language: document.documentElement.lang });
    if (parts.box) draw(seen);
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

function draw({ when, done, items }) {
  if (!when || done) return put(parts.box, h("p", { role: "status", id: "quiz-state" }, t(done ? "quiz.done" : "quiz.closed")), button(t("quiz.look"), look, { id: "quiz-look" }));
  const answers = {};
  const send = button(t("quiz.send"), () => sent(answers), { id: "quiz-send", class: "main", disabled: true });
  const choose = (key, k) => { answers[key] = k; send.disabled = Object.keys(answers).length < items.length; };
  return put(parts.box, h("h2", {}, t(`quiz.${when}`)),
    items.map(({ key, question, options }) => h("fieldset", {}, h("legend", {}, question), options.map((option, k) =>
      h("label", { class: "choice" }, h("input", { type: "radio", id: `quiz-${key}-${k}`, name: `quiz-${key}`, onchange: () => choose(key, k) }), " ", option)))),
    h("div", { class: "bar" }, send));
}

async function sent(answers) {
  try {
    await asVoter("quiz/answer", { answers });
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
  window.scrollTo(0, 0);
  return look();
}
