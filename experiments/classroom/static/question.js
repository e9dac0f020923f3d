// A decision on one card: what is given and got, what it is worth, three lights, the buttons under the thumb.
import { ask } from "./api.js";
import { BLOCS, DYADS, accessWords, short, the } from "./blocs.js";
import { button, h, notice, put, select } from "./dom.js";
import { judgementView, lobbyLine, packageList } from "./minutes.js";
import { cash, gap, percent, rateOf, sentence, t } from "./words.js";

// room: of the table as the seat sees it; asked: "1 of 2"; composed: packages in the making, by question; sent: questions
// that were answered; peeked: those whose advice was looked at; send(question, value), keep(): what was composed is kept.
export function questionCard(question, at) {
  const partner = the(DYADS[question.dyad][1 - question.side]);
  const name = sentence(t(`ask.${question.kind}`, { partner }));
  const key = question.spot.join("-");
  return h("section", { class: "card question", id: `ask-${key}`, tabindex: -1, "aria-label": name },
    h("h2", {}, name),
    h("p", { class: "soft" }, at.asked ? `${at.asked} · ` : "", h("span", { id: `clock-${key}` }, clockWords(question))),
    question.kind === "answer" ? answering(question, at, key) : question.kind === "keep" ? keeping(question, at, key) : composing(question, at, key));
}

export const clockWords = (question) => (question.left === null ? t("sit.no_hurry") : t("sit.left", { seconds: Math.max(0, Math.round(question.left)) }));

const move = (question, at, value, look) => button(t(`move.${value}`), () => at.send(question, value), { class: look, "data-move": value });

// What one side gives, in a few words each.
function gifts(pack, side) {
  const [base, rate] = pack.duties[side].map(rateOf);
  const words = [];
  if (pack.access[side]) words.push(accessWords("gift", pack.access[side], {}));
  if (pack.at[side] > 0) words.push(t(pack.at[side] % 5 === 1 || base === rate ? "gift.bind" : "gift.cut", { base, rate }));
  if (pack.at[2 + side]) words.push(t("gift.supply"));
  if (pack.at[4] & (1 << side)) words.push(t("gift.recognise"));
  if (pack.at[5 + side]) words.push(t("gift.linkage"));
  return words;
}

// A package as its side reads it: what we give, what we get, what both do.
export function giveAndGet(pack, side) {
  const both = [pack.at[4] & 4 ? t("gift.charging") : "", pack.at[7] ? t("gift.technology") : ""].filter(Boolean);
  const part = (title, words) => h("div", {}, h("h3", {}, t(title)), words.length ? h("ul", { class: "plain" }, words.map((one) => h("li", {}, one))) : h("p", { class: "soft" }, t("gift.nothing")));
  return h("div", { class: "swap" }, part("gift.we_get", gifts(pack, 1 - side)), part("gift.we_give", gifts(pack, side)), both.length ? h("p", {}, t("gift.both", { what: both.join(t("comma")) })) : null);
}

// Three lights: enough gain, would be kept, passes at home; with what stands behind them one touch away.
function lights(question, own, mail) {
  const gains = own.believed !== null && own.believed >= (own.hope ?? own.least);
  const light = (on, words) => h("li", { class: on ? "on" : "off" }, h("span", { "aria-hidden": "true" }, on ? "✓ " : "✗ "), h("span", { class: "unseen" }, t(on ? "yes" : "no"), " "), words);
  const me = BLOCS[DYADS[question.dyad][question.side]];
  return [
    h("p", { class: "worth" }, own.believed === null ? t("light.no_worth") : t("light.worth", { sum: cash(own.believed) })),
    h("ul", { class: "lights" }, light(gains, t(gains ? "light.gain" : "light.no_gain", { sum: cash(own.hope ?? own.least) })), light(own.enforceable, t(own.enforceable ? "light.kept" : "light.not_kept")),
      light(own.passable, t(own.passable ? "light.passes" : "light.fails", { who: t(`legislature.${me}`) }))),
    h("details", {}, h("summary", {}, t("light.more")), judgementView(question.dyad, own), h("p", { class: "soft" }, lobbyLine(mail))),
  ];
}

// The rules' own decision is shown to who asks for it; the debrief counts that.
function peek(question, at, key) {
  const box = h("p", { class: "peek" });
  const show = () => put(box, t("ask.advice"), gap(), h("strong", {}, t(`move.${question.advice}`)));
  if (at.peeked.has(key)) show();
  else box.append(button(t("ask.peek"), () => { at.peeked.add(key); show(); }));
  return box;
}

const answering = (question, at, key) => [
  giveAndGet(question.package, question.side), lights(question, question.judgement, question.lobby), peek(question, at, key),
  h("div", { class: "bar thumb" }, move(question, at, "accept", "main"), move(question, at, "refuse", "grave"))];

function keeping(question, at, key) {
  const stakes = question.stakes;
  const line = (name, sum) => h("li", {}, t(`keep.${name}`), gap(), h("strong", {}, t("keep.a_year", { sum: cash(sum) })));
  return [
    h("ul", { class: "plain stakes" }, line("both", stakes.keep), line("we", stakes.lapse), line("they", stakes.deserted)),
    h("p", {}, t(stakes.slack >= 0 ? "keep.pays" : "keep.does_not_pay", { sum: cash(Math.abs(stakes.slack)) })),
    h("details", {}, h("summary", {}, t("keep.what")), packageList(question.dyad, question.package)), peek(question, at, key),
    h("div", { class: "bar thumb" }, move(question, at, "honour", "main"), move(question, at, "lapse", "grave"), move(question, at, "leave", "grave"))];
}

// --- composing a package -------------------------------------------------------------------------------------------

const AXES = ["duty_first", "duty_second", "supply_first", "supply_second", "standards", "linkage_first", "linkage_second", "technology"];
const STANDARDS = AXES.indexOf("standards"); // its choices are the longest

function composing(question, at, key) {
  const d = question.dyad;
  const menu = at.room.start.menus[d];
  const [first, second] = DYADS[d].map(short);
  const { duties: rates, access } = at.room.briefing.pairs.find((pair) => pair.dyad === d);
  const positions = (at.composed[key] ??= [...question.package.at]);
  const table = button(t("move.table"), () => at.send(question, package_), { class: "main", "data-move": "table" });
  // Why a package cannot be tabled now, empty if it can.
  const hindrance = (index, onTable) => (index === question.settled ? t(index ? "why.in_force" : "why.empty") : onTable ? "" : t("why.off_table"));
  const meaning = (index, lines, judged, mail) => {
    const why = hindrance(index, judged.on_table);
    table.disabled = Boolean(why);
    return [giveAndGet(lines, question.side), why ? h("p", { class: "saying" }, sentence(why)) : null, lights(question, judged, mail)];
  };
  const result = h("div", { "aria-live": "polite" }, meaning(question.package.index, question.package, question.judgement, question.lobby));
  let asked = 0;
  let package_ = question.package.index;
  const judge = async () => {
    if (at.sent.has(key)) return;
    at.keep();
    const mine = ++asked;
    table.disabled = true; // until it is known what would be tabled
    try {
      const answer = await ask("room/judge", { dyad: d, at: positions }, at.token);
      if (mine !== asked) return;
      package_ = answer.package;
      put(result, meaning(answer.package, answer.lines, answer, answer.lobby));
    } catch (fault) {
      notice(t(`refused.${fault.code}`), true);
    }
  };
  const fields = AXES.map((name, axis) => menu[axis].length > 1 && h("label", { class: axis === STANDARDS ? "control long" : "control" }, t(`axis.${name}`, { first, second }), " ",
    select(menu[axis].map((position) => [position, positionName(axis, position, rates, d, access)]), positions[axis], (value) => { positions[axis] = Number(value); judge(); }, { "data-axis": axis, id: `axis-${key}-${axis}` })));
  if (positions.some((position, axis) => position !== question.package.at[axis])) judge();
  return [
    h("p", { class: "intro" }, t(question.advice === -1 ? "ask.rules_nothing" : "ask.rules_offer")),
    h("div", { class: "controls" }, fields), result,
    h("div", { class: "bar thumb" }, table,
      question.advice !== -1 && button(t("move.table_advice"), () => at.send(question, question.advice), { "data-move": "advice" }),
      button(t("move.nothing"), () => at.send(question, -1), { "data-move": "nothing", class: "grave" }))];
}

// Short enough for a list on a phone.
function positionName(axis, position, rates, d, access) {
  if (axis < 2) {
    // Beyond the five positions of the duty come the same with every step of access.
    const [duty, step] = [position % 5, Math.floor(position / 5)];
    const name = t(duty < 2 ? `position.duty_${duty}` : "position.duty_cut", { rate: rateOf(rates[axis][duty]) });
    return step ? accessWords("position", access[axis][step], { name }) : name;
  }
  if (axis === STANDARDS) return t(`position.standards_${position}`, { first: short(DYADS[d][0]), second: short(DYADS[d][1]) });
  return t(position ? "yes" : "no");
}

