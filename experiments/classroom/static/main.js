// The page's frame: tabs, language, and which view is shown. The address after # says which: #watch, #learn, #sit, #lead=...
import { read } from "./address.js";
import { facts, start as begin } from "./api.js";
import { button, h, keepFocus, put, select } from "./dom.js";
import * as learn from "./learn.js";
import * as lead from "./lead.js";
import * as sit from "./sit.js";
import * as start from "./start.js";
import * as watch from "./watch.js";
import { language, preferred, speak, t } from "./words.js";

const VIEWS = { start, watch, learn, sit, lead };
const TABS = ["sit", "learn", "watch"];
let current = "start";
let hasArrived = false;

function show(name, wanted = null) {
  VIEWS[current].stop();
  current = name;
  draw(wanted);
  if (hasArrived) document.getElementById("main").focus({ preventScroll: true });
  hasArrived = true; // whoever has just come begins at the top of the page
  window.scrollTo(0, 0);
}

function draw(wanted = null) {
  const isReady = Boolean(facts.visitor);
  const tabs = [...TABS, ...(lead.isLeading() ? ["lead"] : [])];
  document.documentElement.dataset.view = current;
  put(
    document.getElementById("top"),
    button(t("brand"), () => { location.hash = "start"; }, { id: "tab-start", class: "brand", "aria-label": t("tab.start"), "aria-current": current === "start" ? "page" : null, disabled: !isReady }),
    h("nav", { "aria-label": t("nav") }, tabs.map((name) =>
      button(t(`tab.${name}`), () => { location.hash = name; }, { "aria-current": name === current ? "page" : null, id: `tab-${name}`, disabled: !isReady }))),
    isReady && select(facts.languages.map((code) => [code, code === "en" ? "English" : code === "zh-Hans" ? "简体中文" : code]), language,
      async (code) => { await speak(code); VIEWS[current].stop(); keepFocus(draw); },
      { "aria-label": t("language"), id: "language" }),
  );
  document.getElementById("skip").textContent = t("skip");
  const main = put(document.getElementById("main"));
  if (isReady || current === "start") VIEWS[current].mount(main, wanted);
  else main.append(h("p", { class: "soft", id: "waiting" }, t("waiting")));
}

// Secrets in the address are taken out of it at once, so that they are not seen on a projector or kept in a history.
function route() {
  const hash = location.hash.slice(1);
  const name = hash.split(/[=?]/, 1)[0];
  const secret = hash.slice(name.length + 1);
  if (name === "main") return;
  if (name === "lead" && secret) {
    lead.remember(decodeURIComponent(secret));
    history.replaceState(null, "", "#lead");
  }
  if (name === "seat" && secret) {
    sit.prefill(decodeURIComponent(secret));
    history.replaceState(null, "", "#sit");
    return show("sit");
  }
  show(name in VIEWS && (name !== "lead" || lead.isLeading()) ? name : "start", name === "watch" ? read(hash) : null);
}

async function arrive() {
  for (;;) {
    try { return await begin(); } catch { await new Promise((resolve) => setTimeout(resolve, 2000)); }
  }
}

// The frame, and the first screen, are drawn as soon as there are words; the rest when the server has answered.
const arriving = arrive();
await speak(preferred());
const first = location.hash.slice(1).split(/[=?]/, 1)[0];
current = ["seat", ...TABS, "lead"].includes(first) ? "sit" : "start";
if (!facts.visitor) draw();
await arriving;
window.addEventListener("hashchange", route);
if (current === "start" && first in { "": 1, start: 1 }) {
  keepFocus(() => { VIEWS.start.stop(); draw(); });
  hasArrived = true;
  start.arrived();
} else route();
