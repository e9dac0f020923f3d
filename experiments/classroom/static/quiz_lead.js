// For the facilitator: open the questions before or after the class, take the answers.
import { ask } from "./api.js";
import { button, h, notice, put } from "./dom.js";
import { hand } from "./figure_files.js";
import { colon, digits, t } from "./words.js";

const EVERY = 3000; // ms between looks while the questions are open

// token: the facilitator's. The section is drawn once; what is open is asked when it is shown, after each button, and
// again and again while answers come in.
export function quizTools(token) {
  const line = h("p", { id: "quiz-line", role: "status" });
  let timer = 0;
  const act = async (action) => {
    clearTimeout(timer);
    try {
      const said = await ask("quiz/lead", { action }, token);
      const words = said.when ? `${t(`quiz.${said.when}`)}${colon()}${t("vote.count", { n: digits(said.answered, 0) })}` : t("quiz.closed");
      if (line.textContent !== words) put(line, words); // it is read aloud when it changes
      if (said.when && line.isConnected) timer = setTimeout(() => act("look"), EVERY);
      if (action === "csv") hand(new Blob([said.csv], { type: "text/csv;charset=utf-8" }), "detente-answers.csv");
    } catch (fault) {
      if (action !== "look") notice(t(`refused.${fault.code}`), true);
      else if (line.isConnected) timer = setTimeout(() => act("look"), EVERY);
    }
  };
  act("look");
  return h("section", { class: "card grid", id: "quiz-lead" }, h("h2", {}, t("quiz.title")), h("p", { class: "soft" }, t("quiz.lead_help")), line,
    h("div", { class: "bar" }, ["before", "after", "close", "csv"].map((action) => button(t(`quiz.do_${action}`), () => act(action), { id: `quiz-${action}` }))));
}
