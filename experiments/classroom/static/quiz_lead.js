// For the facilitator: open the questions before or after the class, take the answers.
import { ask } from "./api.js";
import { button, h, notice, put } from "./dom.js";
import { hand } from "./figure_files.js";
import { colon, digits, t } from "./words.js";

// token: the facilitator's. The section is drawn once; what is open is asked when it is shown and after each button.
export function quizTools(token) {
  const line = h("p", { id: "quiz-line", role: "status" });
  const act = async (action) => {
    try {
      const said = await ask("quiz/lead", { action }, token);
      put(line, said.when ? [t(`quiz.${said.when}`), colon(), t("vote.count", { n: digits(said.answered, 0) })] : t("quiz.closed"));
      if (action === "csv") hand(new Blob([said.csv], { type: "text/csv;charset=utf-8" }), "detente-answers.csv");
    } catch (fault) {
      notice(t(`refused.${fault.code}`), true);
    }
  };
  act("look");
  return h("section", { class: "card grid", id: "quiz-lead" }, h("h2", {}, t("quiz.title")), h("p", { class: "soft" }, t("quiz.lead_help")), line,
    h("div", { class: "bar" }, ["before", "after", "close", "csv"].map((action) => button(t(`quiz.do_${action}`), () => act(action), { id: `quiz-${action}` })),
      button(t("quiz.look"), () => act("look"), { id: "quiz-refresh" })));
}
