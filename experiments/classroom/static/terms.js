// The words of the page and what they mean, in its language: asked once a language.
import { ask } from "./api.js";
import { h, put } from "./dom.js";
import { sentence, t } from "./words.js";

export const stop = () => {};

export async function mount(root) {
  const list = h("dl", { class: "card words", id: "terms" }, h("dt", {}, t("waiting")));
  root.append(h("h1", {}, t("tab.words")), list);
  const { terms } = await ask("terms", { language: document.documentElement.lang });
  put(list, terms.map(([name, meaning]) => [h("dt", {}, sentence(name)), h("dd", {}, meaning)]));
}
