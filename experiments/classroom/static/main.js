// The page's frame: tabs, language, and which view is shown. The address after # says which: #watch, #learn, #sit, #wall, #lead=...
// The first answer has drawn the first screen; this takes it over as it stands. The other views are fetched when opened.
import { read } from "./address.js";
import { facts, start as begin } from "./api.js";
import { button, h, keepFocus, notice, put } from "./dom.js";
import * as start from "./start.js";
import { speak, t } from "./words.js";

const VIEWS = { start };
const PARTS = { watch: () => import("./watch.js"), learn: () => import("./learn.js"), sit: () => import("./sit.js"), lead: () => import("./lead.js"), quiz: () => import("./quiz.js"), words: () => import("./terms.js") };
const TABS = ["sit", "learn", "watch"];
const page = document.documentElement;
let current = "start";
let hasArrived = false;

const keep = (name, value) => { try { value ? sessionStorage.setItem(name, value) : sessionStorage.removeItem(name); } catch { /* a private window keeps nothing */ } };
const kept = (name) => { try { return sessionStorage.getItem(name); } catch { return null; } };
// A window that was opened for the projector shows no way to the teacher's page, whatever is opened in it.
const isWall = () => Boolean(kept("wall"));
const isLeading = () => !isWall() && (VIEWS.lead ? VIEWS.lead.isLeading() : Boolean(kept("lead")));

async function view(name) {
  while (!VIEWS[name]) {
    try { VIEWS[name] = await PARTS[name](); } catch { notice(t("refused.no_server"), true); await new Promise((resolve) => setTimeout(resolve, 2000)); }
  }
  return VIEWS[name];
}

function show(name, wanted = null) {
  VIEWS[current]?.stop();
  current = name;
  const drawn = draw(wanted);
  if (hasArrived) document.getElementById("main").focus({ preventScroll: true });
  hasArrived = true; // whoever has just come begins at the top of the page
  window.scrollTo(0, 0);
  return drawn;
}

function frame() {
  const tabs = [...TABS, ...(isLeading() ? ["lead"] : [])];
  const choice = document.getElementById("language");
  choice.setAttribute("aria-label", t("language"));
  put(
    document.getElementById("top"),
    button(t("brand"), () => { location.hash = "start"; }, { id: "tab-start", class: "brand", "aria-label": t("tab.start"), "aria-current": current === "start" ? "page" : null }),
    h("nav", { "aria-label": t("nav") }, tabs.map((name) =>
      button(t(`tab.${name}`), () => { location.hash = name; }, { "aria-current": name === current ? "page" : null, id: `tab-${name}` }))),
    choice,
  );
  document.getElementById("skip").textContent = t("skip");
  put(document.getElementById("foot"), h("a", { href: "#words", id: "to-words", "aria-current": current === "words" ? "page" : null }, t("tab.words_of")));
}

function draw(wanted = null) {
  page.dataset.view = current;
  frame();
  const main = put(document.getElementById("main"));
  if (VIEWS[current] && (facts.visitor || current === "start")) return VIEWS[current].mount(main, wanted);
  main.append(h("p", { class: "soft", id: "waiting" }, t("waiting")));
  const [mine, waiting] = [current, main.firstChild];
  return Promise.all([view(mine), arriving]).then(() => (waiting.isConnected ? VIEWS[mine].mount(put(main), wanted) : null));
}

// Secrets in the address are taken out of it at once, so that they are not seen on a projector or kept in a history.
async function route() {
  const hash = location.hash.slice(1);
  const name = hash.split(/[=?]/, 1)[0];
  const secret = hash.slice(name.length + 1);
  if (name === "main") return;
  if (name === "wall") {
    keep("wall", "1");
    return show("sit");
  }
  if (name === "lead" && secret) {
    keep("wall", "");
    history.replaceState(null, "", "#lead");
    (await view("lead")).remember(decodeURIComponent(secret));
  }
  if ((name === "seat" || name === "room") && secret) {
    history.replaceState(null, "", "#sit");
    (await view("sit")).prefill(decodeURIComponent(secret));
    return show("sit");
  }
  return show((name in VIEWS || name in PARTS) && (name !== "lead" || isLeading()) ? name : "start", name === "watch" ? read(hash) : name === "learn" ? new URLSearchParams(hash.slice(name.length + 1)).get("chapter") : null);
}

async function arrive() {
  for (;;) {
    try { return await begin(); } catch { await new Promise((resolve) => setTimeout(resolve, 2000)); }
  }
}

async function translate(code) {
  await speak(code);
  document.cookie = `language=${page.lang}; path=/; max-age=31536000; SameSite=Strict`; // of the next visit's first answer
  VIEWS[current]?.stop();
  return keepFocus(draw);
}

const arriving = arrive();
await speak(page.lang);
const choice = document.getElementById("language");
choice.addEventListener("change", () => translate(choice.value));
window.addEventListener("hashchange", route);
page.dataset.ready = "frame"; // from here on a tap is heard by what was tapped
let drawn = null;
if (page.dataset.view === "start" && /^(#start|#main)?$/.test(location.hash)) {
  if (isLeading()) frame();
  else for (const name of ["start", ...TABS]) document.getElementById(`tab-${name}`).addEventListener("click", () => { location.hash = name; });
  start.adopt(document.getElementById("start"));
  hasArrived = true;
} else drawn = route();
if (choice.value !== page.lang) drawn = translate(choice.value); // chosen before this was there
if (kept("seats")) view("sit"); // whoever sits is heard of, whatever is shown
await arriving;
start.arrived();
await drawn;
page.dataset.ready = "all";
