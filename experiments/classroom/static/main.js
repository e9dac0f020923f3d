// The page's frame: tabs, language, and which view is shown. The address after # says which: #watch, #learn, #sit, #lead=...
import { facts, start } from "./api.js";
import { button, h, keepFocus, put, select } from "./dom.js";
import * as learn from "./learn.js";
import * as lead from "./lead.js";
import * as sit from "./sit.js";
import * as watch from "./watch.js";
import { language, preferred, speak, t } from "./words.js";

const VIEWS = { watch, learn, sit, lead };
let current = "watch";
let arrived = false;

function show(name) {
  VIEWS[current].stop();
  current = name;
  draw();
  if (arrived) document.getElementById("main").focus({ preventScroll: true });
  arrived = true; // whoever has just come begins at the top of the page
  window.scrollTo(0, 0);
}

function draw() {
  const tabs = ["watch", "learn", "sit", ...(lead.isLeading() ? ["lead"] : [])];
  put(
    document.getElementById("top"),
    h("span", { class: "brand" }, t("brand")),
    h("nav", { "aria-label": t("nav") }, tabs.map((name) =>
      button(t(`tab.${name}`), () => { location.hash = name; }, { "aria-current": name === current ? "page" : null, id: `tab-${name}` }))),
    select(facts.languages.map((code) => [code, code === "en" ? "English" : code === "zh-Hans" ? "简体中文" : code]), language,
      async (code) => { await speak(code); VIEWS[current].stop(); keepFocus(draw); },
      { "aria-label": t("language"), id: "language", style: null }),
  );
  document.getElementById("skip").textContent = t("skip");
  VIEWS[current].mount(put(document.getElementById("main")));
}

// Secrets in the address are taken out of it at once, so that they are not seen on a projector or kept in a history.
function route() {
  const [name, secret] = location.hash.slice(1).split("=");
  if (name === "main") return;
  if (name === "lead" && secret) {
    lead.remember(decodeURIComponent(secret));
    history.replaceState(null, "", "#lead");
  }
  if (name === "seat" && secret) {
    sit.prefill(decodeURIComponent(secret));
    history.replaceState(null, "", "#sit");
    show("sit");
    return;
  }
  show(name in VIEWS && (name !== "lead" || lead.isLeading()) ? name : "watch");
}

// The frame is drawn as soon as there are words; the rest when the server has answered, however long that takes.
function drawFrame() {
  put(document.getElementById("top"), h("span", { class: "brand" }, t("brand")),
    h("nav", { "aria-label": t("nav") }, ["watch", "learn", "sit"].map((name) => button(t(`tab.${name}`), null, { id: `tab-${name}`, disabled: true }))));
  put(document.getElementById("main"), h("p", { class: "soft", id: "waiting" }, t("waiting")));
}

async function arrive() {
  for (;;) {
    try { return await start(); } catch { await new Promise((resolve) => setTimeout(resolve, 2000)); }
  }
}

const arriving = arrive();
await speak(preferred());
drawFrame();
await arriving;
window.addEventListener("hashchange", route);
route();
