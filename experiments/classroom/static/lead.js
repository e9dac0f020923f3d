// For the facilitator: codes, start and pause, say something, a new game, end, export. Needs the token of the address.
import { ask, facts } from "./api.js";
import { BLOCS, bloc, role, seat } from "./blocs.js";
import { askFirst, button, h, keepFocus, notice, put } from "./dom.js";
import { save } from "./figure_files.js";
import { qrCode } from "./figures.js";
import { quizTools } from "./quiz_lead.js";
import { presets, settingsPanel } from "./settings.js";
import { drawTables, forget as forgetTables } from "./tables.js";
import { thereLine } from "./sit.js";
import { gap, t } from "./words.js";

const state = { token: "", room: null, settings: null, length: 6, codes: "", drawn: "" };
let parts = {};
let timer = 0;
try { state.token = sessionStorage.getItem("lead") || ""; } catch { /* a private window keeps nothing */ }

export const isLeading = () => Boolean(state.token);
export function remember(token) {
  state.token = token.slice(0, 200);
  try { sessionStorage.setItem("lead", state.token); } catch { /* as above */ }
}

export function stop() {
  clearTimeout(timer);
  parts = {};
}

export function mount(root) {
  state.settings ??= { scenario: "2026", root_seed: facts.seed, parameters: { ...facts.room }, changes: [] };
  state.codes = "";
  state.phase = "";
  root.append(h("h1", {}, t("lead.title")),
    ...(facts.join ? [] : [h("p", { class: "saying", id: "here-only" }, t("lead.here_only"))]), // no phone could follow a QR code
    h("section", { class: "card" }, (parts.state = h("p", { id: "lead-phase", class: "now" })),
      h("div", { class: "bar" },
        button(t("lead.start"), () => act("start"), { id: "lead-start", class: "main" }),
        button(t("lead.pause"), () => act("pause"), { id: "lead-pause" }),
        button(t("lead.next"), () => act("next"), { id: "lead-next" }),
        button(t("lead.end"), () => askFirst(t("lead.end_ask"), t("lead.end"), t("lead.keep_playing"), () => act("end")), { id: "lead-end", class: "grave" }),
        button(t("lead.export"), exported, { id: "lead-export" }),
        button(t("lead.cards"), printCards, { id: "lead-cards" })),
      (parts.fault = h("p", { class: "saying", id: "lead-fault", hidden: true })),
      h("p", { class: "soft" }, t("lead.help")),
      facts.tactics ? h("p", { class: "soft" }, t("lead.tactics", { file: facts.tactics })) : null),
    (parts.tables = h("section", { class: "card grid", id: "tables" })),
    (parts.seats = h("section", { class: "card grid" }, h("h2", {}, t("lead.codes")), (parts.codes = h("div", { class: "grid three" })))),
    h("section", { class: "card grid" }, h("h2", {}, t("lead.say")),
      h("div", { class: "bar" }, (parts.saying = h("input", { type: "text", id: "saying", maxlength: 280, class: "grow", "aria-label": t("lead.say") })),
        button(t("lead.send"), async () => { await act("say", { text: parts.saying.value }); parts.saying.value = ""; }, { id: "lead-send" }))),
    h("section", { class: "card grid" }, h("h2", {}, t("lead.time")),
      h("div", { class: "bar" },
        h("label", {}, t("lead.pace"), " ", (parts.pace = h("input", { type: "number", id: "pace", min: 0, max: 60, step: 1, onchange: (event) => act("set", { pace: Number(event.target.value) }) }))),
        h("label", {}, t("lead.patience"), " ", (parts.patience = h("input", { type: "number", id: "patience", min: 0, max: 900, step: 10, onchange: (event) => act("set", { patience: Number(event.target.value) }) }))))),
    quizTools(state.token),
    (parts.fresh = h("section", { class: "card grid" })), (parts.cards = cards()));
  forgetTables();
  drawNew();
  look();
}

async function look() {
  clearTimeout(timer);
  await act("look");
  if (parts.state) timer = setTimeout(look, 2000);
}

async function act(action, about = {}) {
  try {
    const answer = await ask("room/lead", { action, ...about }, state.token);
    state.room = answer;
    draw();
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

function draw() {
  if (!parts.state) return;
  const room = state.room;
  seat(room.start);
  parts.state.textContent = `${t(`phase.${room.phase}`)} · ${t("sit.quarter", { n: Math.min(room.played + 1, room.length), of: room.length, label: room.start.labels[Math.min(room.played, room.length - 1)] })}`;
  for (const id of ["lead-start", "lead-pause", "lead-next", "lead-end"]) document.getElementById(id).disabled = room.phase === "over";
  drawTables(parts.tables, room, act, drawQr);
  const isMany = room.tables.length > 1;
  parts.seats.hidden = isMany; // seats have codes where there is one table
  document.getElementById("lead-export").hidden = isMany; // each table's debrief exports its own
  parts.fault.hidden = !room.fault;
  parts.fault.textContent = room.fault ? t("lead.fault") + gap() + room.fault : "";
  room.seats.forEach((seat) => {
    const line = document.getElementById(`who-${seat.bloc}`);
    if (line) line.textContent = seatLine(seat);
  });
  for (const name of ["pace", "patience"]) if (document.activeElement !== parts[name]) parts[name].value = room[name];
  const key = room.codes.join();
  if (key === state.codes) return;
  state.codes = key;
  parts.cards.replaceWith((parts.cards = cards()));
  put(parts.codes, BLOCS.map((_, b) => {
    return h("div", {}, h("h3", {}, bloc(b)), h("p", { id: `who-${b}` }, seatLine(room.seats[b])), h("div", { class: "code", id: `code-${b}` }, room.codes[b]), facts.join ? invitation(`${room.address}#seat=${room.codes[b]}`) : null,
      button(t("lead.empty"), () => act("empty", { bloc: b }), { id: `empty-${b}` }));
  }));
}

function invitation(link) {
  const qr = h("div", { class: "qr" });
  drawQr(qr, link);
  return [qr, h("p", { class: "soft wrapped" }, link)];
}

const seatLine = (seat) => `${thereLine(seat)}${seat.deciding ? ` · ${t("sit.deciding")}` : ""}`;

// Cards to cut out: the governments, a lobby, the press.
const cards = () =>
  h("section", { class: "roles", id: "cards", "aria-hidden": "true" }, [
    ...BLOCS.map((_, b) => h("article", {}, h("h2", {}, bloc(b)), h("p", {}, role(b)))),
    ...["lobby", "press"].map((who) => h("article", {}, h("h2", {}, t(`role.${who}_title`)), h("p", {}, t(`role.${who}`))))]);

function printCards() {
  document.body.classList.add("cards");
  window.print();
  document.body.classList.remove("cards");
}

async function drawQr(box, link) {
  try {
    const { rows } = await ask("qr", { text: link }, state.token);
    put(box, qrCode(rows));
  } catch { /* the code itself is shown beside it */ }
}

function drawNew() {
  put(parts.fresh, h("h2", {}, t("lead.new")), h("p", { class: "soft" }, t("lead.new_help")),
    h("div", { class: "bar" },
      h("label", {}, t("settings.scenario"), " ", presets(state.settings, (name) => { state.settings = { ...state.settings, scenario: name, parameters: { ...facts.room } }; keepFocus(drawNew); }, "lead-scenario")),
      h("label", {}, t("lead.length"), " ", h("input", { type: "number", id: "length", min: 1, max: 40, step: 1, value: state.length, onchange: (event) => { state.length = Math.max(1, Math.min(40, Math.floor(Number(event.target.value) || 6))); } })),
      button(t("lead.begin"), () => askFirst(t("lead.new_ask"), t("lead.begin"), t("lead.keep_playing"), () => act("new", { settings: { ...state.settings, quarters: state.length } })), { id: "lead-new", class: "grave" })),
    h("details", { id: "lead-settings", open: state.open, ontoggle: (event) => { state.open = event.target.open; } }, h("summary", {}, t("watch.settings")),
      settingsPanel(state.settings, (parameters) => { state.settings = { ...state.settings, parameters }; keepFocus(drawNew); })));
}

async function exported() {
  try {
    save(await ask("room/export", {}, state.token), "detente-class.json");
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}
