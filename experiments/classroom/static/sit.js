// Sit at the table: join a seat by its code, read the briefing, table packages, answer, keep or leave. Or just look on.
import { ask, facts } from "./api.js";
import { BLOCS, DYADS, bloc, dyad, role, seat, the } from "./blocs.js";
import { debrief } from "./debrief.js";
import { button, h, keepFocus, notice, put } from "./dom.js";
import { qrCode, worldMap } from "./figures.js";
import { lobbyLine, minutesList, packageList } from "./minutes.js";
import { clockWords, questionCard } from "./question.js";
import { stop as stopStories, stories } from "./story.js";
import { clockText, doorway, lateLine, seating, wall } from "./wall.js";
import { colon, gap, money, percent, sentence, signedMoney, t } from "./words.js";

const EVERY = 1000; // ms between looks at the room, which holds a seat for a while when it hears nothing
const PATIENCE = 8000; // ms for an answer to a look
// seats: those that this browser holds, {token, bloc}; token: the one whose papers are shown; hidden: the bloc that the
// screen is being handed to, when nobody's papers are shown (one browser for several teams).
const state = { seats: [], token: "", hidden: null, deciding: [], adding: false, code: "", name: "", room: null, quarters: [], composed: {}, sent: new Set(), peeked: new Set(), drawn: "", invitation: null };
let parts = {};
let timer = 0;
let mounted = false;
let looks = 0;

try { Object.assign(state, JSON.parse(sessionStorage.getItem("seats") || "{}")); } catch { /* a private window keeps nothing */ }
// A phone that was locked looks at once when it is unlocked, and a network that is back is used at once.
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
window.addEventListener("online", () => look());

// Who leads the class is shown the room code on the wall, too.
const leads = () => { try { return sessionStorage.getItem("lead") || ""; } catch { return ""; } };

export const prefill = (code) => { state.code = code.slice(0, 40); state.adding = true; };
export const room = () => state.room;

export function stop() {
  mounted = false;
  parts = {};
  stopStories();
  if (!state.seats.length) clearTimeout(timer); // whoever sits stays at the table while looking at another tab of the page
}

export function mount(root) {
  mounted = true;
  state.drawn = "";
  root.append((parts.title = h("h1", { class: "noprint" }, t("sit.title"))), (parts.body = h("div", {})));
  if (state.room) draw();
  look();
}

function keep() {
  const { seats, token, hidden, composed } = state;
  try { seats.length ? sessionStorage.setItem("seats", JSON.stringify({ seats, token, hidden, composed })) : sessionStorage.removeItem("seats"); } catch { /* as above */ }
}

// Show one seat's papers, or nobody's while the screen is handed to a bloc. What was on the screen is forgotten first.
function turn(token, hidden = null) {
  Object.assign(state, { token, hidden });
  forget();
  keep();
  look();
}

const holds = (b) => state.seats.find((seat) => seat.bloc === b);

function lose(token) {
  state.seats = state.seats.filter((seat) => seat.token !== token);
  const next = state.seats[0];
  turn("", next ? next.bloc : null);
}

export async function look() {
  clearTimeout(timer);
  const mine = ++looks; // of several that overlap, the last one goes on
  if (!mounted && !state.seats.length) return;
  const token = state.token;
  try {
    const since = state.quarters.length;
    if (state.seats.length > 1 || (state.hidden !== null && state.seats.length)) {
      const { seats } = await ask("room/here", { tokens: state.seats.map((seat) => seat.token) }, "", PATIENCE);
      state.deciding = seats.filter((seat) => seat?.deciding).map((seat) => seat.bloc);
      const gone = state.seats.find((_, k) => !seats[k]);
      if (gone) { notice(t("refused.stranger"), true); return lose(gone.token); }
    } else state.deciding = [];
    const answer = await ask("room/look", { since, game: state.room?.game ?? null }, token || (state.seats.length ? "" : leads()), PATIENCE);
    if (token === state.token) take(answer, since);
  } catch (fault) {
    if (fault.status === 401 && token) { notice(t("refused.stranger"), true); return lose(token); }
    if (fault.code === "no_server") notice(t("refused.no_server"), true);
    if (!fault.code) console.error(fault); // ours, and no answer of the server's
  }
  if (mine === looks) timer = setTimeout(look, EVERY);
}

function forget() {
  state.room = null;
  state.quarters = [];
  state.composed = {};
  state.sent = new Set();
  state.peeked = new Set();
  state.drawn = "";
}

function take(answer, since) {
  if (answer.game !== state.room?.game) { // another table, or a new game: all of it comes with the answer
    const { composed } = state;
    const isFirst = !state.room;
    forget();
    if (isFirst) state.composed = composed; // of this game, kept over a reload
    since = 0;
  }
  if (answer.phase === "waiting") { state.room = answer; if (mounted) draw(); return; }
  const own = state.seats.find((seat) => seat.token === state.token);
  if (own && own.bloc !== answer.bloc) { own.bloc = answer.bloc; keep(); }
  if (since === state.quarters.length) state.quarters.push(...answer.quarters);
  const justOver = answer.phase === "over" && state.room?.phase !== "over";
  state.room = answer;
  if (justOver) { state.quarters = []; return; } // look again: at the end everything is shown
  if (mounted) draw();
}

async function join() {
  try {
    const answer = await ask("room/join", { code: state.code, name: state.name });
    state.seats = [...state.seats.filter((seat) => seat.bloc !== answer.bloc), { token: answer.token, bloc: answer.bloc }];
    state.code = "";
    state.adding = false;
    // A second team's papers do not appear before the first team has looked away.
    if (state.seats.length > 1) turn("", answer.bloc);
    else turn(answer.token);
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

async function leave() {
  const token = state.token;
  try { await ask("room/leave", {}, token); } catch { /* gone anyway */ }
  lose(token);
}

// --- drawing: only when something changed, so that nobody's typing is lost -----------------------------------------

function draw() {
  if (!parts.body) return;
  const now = state.room;
  if (now) seat(now.start);
  if (!now) return put(parts.body, joinForm(), h("p", { class: "soft" }, t("sit.waiting")));
  if (now.phase === "waiting") return drawWaiting(now);
  const key = [now.version, now.phase, state.quarters.length, state.token, state.hidden, state.adding, state.deciding.join(), state.seats.length, (now.questions || []).map((q) => q.spot.join("-")).join(), (now.missed || []).length, now.all_over, state.invitation?.code, (now.waiting || []).join(), JSON.stringify(now.overview?.map((table) => [table.phase, table.played, table.open, now.phase === "lobby" && table.seats]) ?? 0), JSON.stringify(now.ticker?.[0] ?? 0), JSON.stringify(now.seats.map((seat) => ({ ...seat, held: seat.held > 0 })))].join("|");
  updateClocks();
  if (key === state.drawn) return;
  state.drawn = key;
  keepFocus(() => drawRoom(now));
}

// In the room, and not yet at a table.
function drawWaiting(now) {
  const key = `waiting ${now.name} ${now.n} ${document.documentElement.lang}`;
  if (key === state.drawn) return;
  state.drawn = key;
  put(parts.body, h("section", { class: "card grid", id: "in-the-room", role: "status" }, h("h2", {}, t("door.in", { name: now.name })), h("p", {}, t("door.wait", { n: now.n })), h("p", { class: "soft" }, t("door.stay")),
    h("div", { class: "bar" }, button(t("door.leave"), leave, { id: "leave" }))));
}

function drawRoom(now) {
  const over = now.phase === "over";
  const last = state.quarters[state.quarters.length - 1];
  const playing = last && !over; // the map, where the game stands and what is said: all of it at once on a projector
  const sayings = now.sayings.length && !over ? h("section", { class: "card grid", "aria-live": "polite" }, h("h2", {}, t("sit.sayings")), now.sayings.slice(-3).map((text) => h("p", { class: "saying" }, text))) : null;
  const isMany = now.tables > 1;
  // The room that a title takes belongs to what is decided, and to the wall.
  const looksOn = !state.seats.length && (isMany || now.code);
  parts.title.className = (now.questions || []).length || looksOn ? "unseen" : "noprint";
  if (now.code) invite(now.code);
  if (looksOn && !now.all_over && now.overview) {
    if (last && isMany) return put(parts.body, wall(now, last), now.code ? null : joinForm());
    if (!last && isMany) return put(parts.body, seating(now.overview), now.code ? lateLine(now.code, facts.join?.address) : joinForm());
    if (!last) return put(parts.body, doorway(now, now.code, facts.join?.address, state.invitation?.rows), joinForm());
  }
  const questions = (now.questions || []).filter((one) => !state.sent.has(one.spot.join("-")));
  const cards = questions.map((one, k) => questionCard(one, { ...state, send, keep, asked: questions.length > 1 ? t("ask.of", { n: k + 1, of: questions.length }) : "" }));
  const waits = (now.missed || []).length > 0;
  put(parts.body,
    !last && !state.seats.length && !over ? welcome(now) : null,
    waits ? missedCard(now.missed) : null, waits ? null : cards,
    state.adding || (!state.seats.length && !last) ? joinForm() : null,
    looksOn && now.all_over && isMany ? null : !playing || state.seats.length ? [status(), state.hidden !== null && holds(state.hidden) ? curtain() : null, sayings] : null,
    waits ? cards : null,
    over && now.all_over ? stories(isMany && state.seats.length ? now.table : null, now.game) : over && isMany ? h("p", { class: "card", id: "others-play" }, t("story.wait")) : null,
    over ? h("section", { class: "card", id: "debrief" }, debrief(now, state.quarters, now.bloc)) : null,
    now.bloc !== undefined && !over ? roleCard(now.bloc) : null,
    now.briefing ? briefing(now.briefing) : null,
    playing ? h("div", { class: "wall" },
      state.seats.length ? null : h("div", { class: "now-here grid" }, status(), sayings),
      h("section", { class: "card map" }, h("h2", {}, `${t("watch.map")} · ${last.label}`), worldMap(last)),
      h("section", { class: "card talk" }, h("h2", {}, `${t("below.table")} · ${last.label}`), minutesList(last.events),
        state.quarters.length > 1 && h("details", {}, h("summary", {}, t("sit.earlier")), state.quarters.slice(0, -1).reverse().map((q) => [h("h3", {}, q.label), minutesList(q.events)])))) : null,
    playing && !state.seats.length && !state.adding ? joinForm() : null,
    over && !state.seats.length ? joinForm() : null);
}

const joinForm = () =>
  h("section", { class: "card noprint" }, h("h2", {}, t("sit.join")), h("p", {}, t("sit.join_help")),
    h("div", { class: "bar" },
      field("code", 40, { autocapitalize: "characters", size: 12 }), field("name", 16, { size: 14 }),
      button(t("sit.take"), join, { id: "join", class: "main" })));

const field = (name, maxlength, more) =>
  h("label", {}, t(`sit.${name}`), " ", h("input", { type: "text", id: name, value: state[name], maxlength, autocomplete: "off", spellcheck: "false", ...more,
    oninput: (event) => { state[name] = event.target.value; }, onkeydown: (event) => { if (event.key === "Enter") join(); } }));

// The wall's code as a picture to be photographed, fetched once.
async function invite(code) {
  if (state.invitation?.code === code || !facts.join) return;
  state.invitation = { code, rows: null };
  try {
    state.invitation = { code, rows: (await ask("qr", { text: facts.join.address.replace(/#.*/, `#room=${code}`) }, leads())).rows };
    state.drawn = "";
    if (mounted) draw();
  } catch { /* the code itself is shown beside it */ }
}

function status() {
  const now = state.room;
  return h("section", { class: "card grid noprint" },
    h("div", { class: "bar" },
      now.bloc !== undefined && h("span", { class: "now", id: "my-seat" }, bloc(now.bloc)),
      now.tables > 1 && h("strong", { id: "my-table" }, t("wall.stand", { n: now.table + 1 })),
      h("span", { id: "phase" }, t(`phase.${now.phase}`)),
      h("span", {}, t("sit.quarter", { n: Math.min(now.played + 1, now.length), of: now.length, label: now.start.labels[Math.min(now.played, now.length - 1)] })),
      state.token && button(t("sit.leave"), leave, { id: "leave" }),
      state.seats.length > 0 && state.seats.length < BLOCS.length && button(t("sit.add"), () => { state.adding = !state.adding; state.drawn = ""; draw(); }, { id: "add-seat", "aria-expanded": String(state.adding) })),
    h("div", { class: "bar" }, now.seats.map((seat) => h("span", {}, h("strong", {}, bloc(seat.bloc)), colon(),
      seat.names.length ? `${seat.names.join(t("comma"))} · ` : "", h("span", { id: `there-${seat.bloc}` }, thereLine(seat)), seat.deciding ? h("strong", {}, ` · ${t("sit.deciding")}`) : ""))),
    state.seats.length > 1 && h("div", { class: "bar", id: "hotseat", role: "group", "aria-label": t("sit.hand_over") }, h("span", {}, t("sit.hand_over")),
      state.seats.filter((seat) => seat.token !== state.token).map((seat) =>
        button(`${bloc(seat.bloc)}${state.deciding.includes(seat.bloc) ? ` · ${t("sit.deciding")}` : ""}`, () => turn("", seat.bloc), { id: `hand-${seat.bloc}`, class: state.deciding.includes(seat.bloc) ? "main" : "" }))));
}

// Between two teams on one screen: nobody's papers are shown.
const curtain = () =>
  h("section", { class: "card grid question", id: "curtain" }, h("h2", {}, t("sit.curtain", { who: the(state.hidden) })), h("p", {}, t("sit.curtain_help")),
    h("div", { class: "bar" }, button(t("sit.show", { who: the(state.hidden) }), () => turn(holds(state.hidden).token), { id: "show-papers", class: "main" })));

const roleCard = (b) =>
  h("section", { class: "card grid", id: "role" }, h("h2", {}, t("role.yours", { who: the(b) })), h("p", {}, role(b)),
    h("details", { id: "how", open: state.room.phase === "lobby" }, h("summary", {}, t("sit.how")), h("ol", {}, [1, 2, 3, 4].map((k) => h("li", {}, t(`sit.how_${k}`))))));

// For the projector, before the first quarter: how to come in.
const welcome = (now) =>
  h("section", { class: "card", id: "welcome" }, h("div", { class: "grid" }, h("h2", {}, t(now.phase === "lobby" ? "sit.welcome" : "sit.first")),
    facts.join ? h("p", {}, t("sit.come")) : h("p", {}, t("sit.here_only")), facts.join ? h("p", {}, h("strong", { class: "code", id: "address" }, facts.join.address)) : null),
    facts.join ? h("div", { class: "qr large" }, qrCode(facts.join.rows)) : null);

export const thereLine = (seat) => (seat.people ? t("sit.people", { n: seat.people }) : seat.held ? t("sit.held", { seconds: seat.held }) : t("sit.bot"));

// What the rules decided in this seat's place: said until somebody has read it.
const missedCard = (rows) =>
  h("section", { class: "card grid question", id: "missed", role: "status" }, h("h2", {}, t("sit.missed")), h("p", {}, t("sit.missed_help")),
    h("ul", { class: "plain" }, rows.map((row) => h("li", {}, missedLine(row), row.package?.index ? h("details", {}, h("summary", {}, t("game.package")), packageList(row.dyad, row.package)) : null))),
    h("div", { class: "bar" }, button(t("sit.missed_read"), read, { id: "missed-read", class: "main" })));

function missedLine(row) {
  const partner = the(DYADS[row.dyad].find((b) => b !== row.bloc));
  const what = row.kind !== "offer" ? `did.${row.kind}_${row.value}` : row.value === -1 ? "did.nothing" : "did.offer";
  return `${row.label}${colon()}${t(what, { partner })}`;
}

async function read() {
  try {
    await ask("room/heard", {}, state.token);
    clearTimeout(timer);
    await look();
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

function updateClocks() {
  for (const seat of state.room.seats) {
    const line = document.getElementById(`there-${seat.bloc}`);
    if (line) line.textContent = thereLine(seat);
  }
  for (const question of state.room.questions || []) {
    const clock = document.getElementById(`clock-${question.spot.join("-")}`);
    if (clock && question.left !== null) clock.textContent = clockWords(question);
  }
  const face = document.getElementById("wall-clock");
  if (face && state.room.overview) face.textContent = clockText(state.room.overview);
}

async function send(question, value) {
  const key = question.spot.join("-");
  if (state.sent.has(key)) return;
  state.sent.add(key);
  document.getElementById(`ask-${key}`)?.remove();
  try {
    await ask("room/answer", { spot: question.spot, value, peeked: state.peeked.has(key) }, state.token);
    clearTimeout(timer);
    await look();
    if (document.activeElement === document.body) document.querySelector(".question")?.focus({ preventScroll: true });
  } catch (fault) {
    if (fault.code !== "not_asked") state.sent.delete(key);
    state.drawn = "";
    notice(t(`refused.${fault.code}`), true);
  }
}

// --- briefing ------------------------------------------------------------------------------------------------------

const ISSUES = ["duty_first", "duty_second", "supply_first", "supply_second", "recognition_first", "recognition_second", "linkage_first", "linkage_second", "charging", "technology"];

const briefing = (brief) =>
  h("div", { class: "grid two", id: "briefing" }, brief.pairs.map((pair) => {
    const [first, second] = DYADS[pair.dyad].map(the);
    const set = pair.win_set;
    return h("section", { class: "card" }, h("h2", {}, t("brief.title", { pair: dyad(pair.dyad) })),
      h("p", {}, t("brief.trust", { partner: the(DYADS[pair.dyad][1 - pair.side]), trust: percent(pair.trust) })),
      h("h3", {}, t("brief.interests")),
      h("ul", { class: "plain" }, pair.interests.map(([issue, gain]) => h("li", {}, `${sentence(t(`issue.${ISSUES[issue]}`, { first, second }))}${colon()}${signedMoney(gain)}`))),
      h("h3", {}, t("brief.win_set")),
      h("p", {}, t("brief.win_set_text", { all: set.all, menu: set.menu, gain: set.gain, keep: set.keep, pass: set.pass, least: money(pair.least) })),
      h("h3", {}, t("brief.lobby")), h("p", {}, t("brief.lobby_text"), gap(), lobbyLine(pair.lobby)),
      h("h3", {}, t("brief.in_force")), packageList(pair.dyad, pair.treaty),
      pair.treaty.index ? h("p", {}, t("brief.worth", { gain: signedMoney(pair.in_force) })) : null);
  }));
