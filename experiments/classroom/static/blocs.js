// Who is who, and packages and events in words.
import { facts } from "./api.js";
import { s } from "./dom.js";
import { digits, has, percent, rateOf, sentence, signedMoney, t } from "./words.js";

const THREE = { blocs: ["CN", "US", "EU"], dyads: [[0, 1], [0, 2], [1, 2]], names: [], legislatures: [] };
// Who sits at the table that is shown, two to six: ``seat`` says it before anything is drawn. The same lists all the time.
export const BLOCS = [];
export const DYADS = [];
let told = THREE;

// start: what the server says of a run; without one, the three.
export function seat(start = null) {
  told = start ?? THREE;
  BLOCS.splice(0, BLOCS.length, ...told.blocs);
  DYADS.splice(0, DYADS.length, ...told.dyads);
}
seat();

export const COLOURS = ["#b84800", "#0067a6", "#00704f", "#8c1d6b", "#5a5a00", "#3c4450"]; // told apart by people who see no red or no green
export const DYAD_COLOURS = ["#7a3e9d", "#8f5b00", "#006a78", "#a3243b", "#2f5fb0", "#4f6b00", "#8a4a6b", "#5b5b5b", "#9a3d00", "#00695c", "#5c4bb3", "#7d5a3c", "#b0126a", "#33691e", "#37474f"];
export const DASHES = ["", "7 4", "2 3", "10 3 2 3", "4 2", "12 6"];

// The sign that a bloc has in every drawing.
export function shape(b, x, y, r) {
  const look = { fill: COLOURS[b], stroke: "#fff", "stroke-width": 2 };
  if (b === 0) return s("circle", { cx: x, cy: y, r, ...look });
  if (b === 1) return s("rect", { x: x - r * 0.9, y: y - r * 0.9, width: 1.8 * r, height: 1.8 * r, ...look });
  if (b === 2) return s("path", { d: `M${x} ${y - 1.2 * r}L${x + 1.25 * r} ${y + 0.95 * r}H${x - 1.25 * r}z`, ...look });
  // A diamond, a hexagon, and an eight-pointed sign.
  const corners = [4, 6, 8][b - 3];
  const at = (k) => `${(x + 1.2 * r * Math.sin((2 * Math.PI * k) / corners)).toFixed(1)} ${(y - 1.2 * r * Math.cos((2 * Math.PI * k) / corners)).toFixed(1)}`;
  return s("path", { d: `M${Array.from({ length: corners }, (_, k) => at(k)).join("L")}z`, ...look });
}

// Whom a language has no words for goes by the name that the scenario gives.
const called = (what, b, otherwise) => (has(`${what}.${BLOCS[b]}`) ? t(`${what}.${BLOCS[b]}`) : otherwise ?? BLOCS[b]);
export const bloc = (b) => called("bloc", b, told.names[b]);
export const the = (b) => called("the", b, told.names[b]); // as it stands within a sentence
export const short = (b) => called("short", b);
export const role = (b) => called("role", b, t("role.any"));
export const dyad = (d) => t("pair", { first: short(DYADS[d][0]), second: short(DYADS[d][1]) });
export const dyadLong = (d) => t("pair", { first: bloc(DYADS[d][0]), second: bloc(DYADS[d][1]) });
// Firms go by their own names; groups of firms have words.
export const firmName = (name) => (has(`firm.${name}`) ? t(`firm.${name}`) : name);
export const family = (code) => t(`family.${code}`);

// The lines of a package: what each side gives, then what both do.
export function packageLines(d, pack) {
  const [a, b] = DYADS[d].map(the);
  const at = pack.at;
  const lines = [];
  for (const side of [0, 1]) {
    const who = side ? b : a;
    const partner = side ? a : b;
    const [base, rate] = pack.duties[side].map(rateOf);
    if (pack.access[side]) lines.push(accessWords("package", pack.access[side], { who, partner }));
    if (at[side] > 0) lines.push(t(at[side] % 5 === 1 || base === rate ? "package.bind" : "package.cut", { who, partner, base, rate }));
    if (at[2 + side]) lines.push(t("package.supply", { who }));
    if (at[5 + side]) lines.push(t("package.linkage", { who }));
  }
  const [recognised, charging] = [at[4] & 3, at[4] & 4]; // three bits: the first recognises, the second, one plug
  const alone = pack.given_alone ?? [false, false];
  if (recognised === 3 && !alone[0] && !alone[1]) lines.push(t("package.mutual"));
  else for (const side of [0, 1]) if (recognised & (1 << side)) lines.push(t(alone[side] ? "package.binds_alone" : "package.recognise", { who: side ? b : a, partner: side ? a : b }));
  if (charging) lines.push(t("package.charging"));
  if (at[7]) lines.push(t("package.technology"));
  return (lines.length ? lines : [t("package.none")]).map(sentence);
}

// How a market is opened: what is built there, so many cars, or all.
export function accessWords(where, access, values) {
  return t(`${where}.${access.position}`, { ...values, cars: digits(access.cars ?? 0, 0), duty: percent(access.rate, 1) });
}

// Why a package was refused, from the refuser's own judgement.
export function reasons(own) {
  const why = [];
  // With as many digits as tell a gain from what it is below.
  const apart = (name, bar) => {
    const more = [0, 1, 2, 3].find((n) => signedMoney(own.believed, n) !== signedMoney(bar, n)) ?? 3;
    return { gain: signedMoney(own.believed, more), [name]: signedMoney(bar, more) };
  };
  if (!own.on_table) why.push(t("why.off_table"));
  if (own.believed !== null && own.believed < own.least) why.push(t("why.least", apart("least", own.least)));
  else if (own.hope !== null && own.believed !== null && own.believed < own.hope) why.push(t("why.hope", apart("hope", own.hope)));
  if (!own.enforceable) why.push(t("why.keep", { trust: percent(own.trust) }));
  if (!own.passable) why.push(t("why.pass"));
  return why.length ? why : [t("why.choice")];
}

// What votes on treaties at those sides of a pair that are marked.
const legislatures = (d, marked) => DYADS[d].filter((_, side) => marked[side]).map((b) => called("legislature", b, told.legislatures[b])).join(t("and_whole"));

export const eventLine = (event) => sentence(eventWords(event));

function eventWords(event) {
  const d = event.dyad;
  const who = event.side >= 0 && d >= 0 ? the(DYADS[d][event.side]) : event.bloc >= 0 ? the(event.bloc) : "";
  const partner = event.partner >= 0 ? the(event.partner) : event.side >= 0 && d >= 0 ? the(DYADS[d][1 - event.side]) : "";
  const pair = d >= 0 ? dyad(d) : "";
  switch (event.kind) {
    case "told": // an event that the page has no words for: the model's own sentence
      return event.text;
    case "event":
      return has(`dated.${event.text}`) ? t(`dated.${event.text}`) : event.text;
    case "channel":
      return t(event.open ? "event.channel_opens" : "event.channel_shuts", { pair, tension: percent(event.tension) });
    case "case":
    case "emergency":
    case "answers":
      return t(`event.${event.kind}`, { who, partner, rise: t("event.points", { n: Math.round(100 * event.rise) }) });
    case "withholds":
      return t("event.withholds", { who, partner, share: percent(event.share), what: event.gives.map((one) => t(`package.suspended_${one}`)).join(t("and")) });
    case "relief":
      return t("event.relief", { who, partner, level: rateOf(event.level) });
    case "case_ends":
      return t(`event.case_${event.how}`, { who, partner });
    case "alone":
      return t("event.alone", { who, partner });
    case "announces":
      return t("event.announces", { who });
    case "plant":
      return t(event.opens ? "event.plant_opens" : "event.plant_starts", { firm: firmName(event.firm), who });
    case "access":
      // Where no rule keeps brands out, what ends is what spared their cars the duty.
      if (event.how === "back" && event.access.position === "open") return t("event.access_duty", { who, partner });
      return t(`event.access_${event.how}`, { what: accessWords("package", event.access, { who, partner }) });
    case "quota":
      return t(event.worth > 0 ? "event.quota_full" : "event.quota_room", { who, partner, worth: digits(event.worth, 1) });
    case "talks":
      return event.open ? t("event.talks_open", { pair }) : t(`event.talks_close_${event.why}`, { pair });
    case "vote": {
      const against = legislatures(d, event.votes.map((vote) => !vote)), voters = legislatures(d, event.asked);
      if (against) return t("event.vote_fails", { pair, who: against });
      return voters ? t("event.vote_passes", { pair, who: voters }) : t("event.vote_act", { pair });
    }
    case "signs":
      return t("event.signs", { pair, who: legislatures(d, event.asked), quarters: event.quarters });
    case "ends":
      return t(`event.ends_${event.why}`, { pair, who });
    case "offer":
      return t("event.offer", { who, partner });
    default:
      return has(`event.${event.kind}`) ? t(`event.${event.kind}`, { who, partner, pair, quarters: event.quarters }) : event.kind;
  }
}

export const familyName = (code) => facts.families[code];
