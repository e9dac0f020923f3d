// The table: who offered what to whom, and why it was refused.
import { DYADS, bloc, dyad, eventLine, family, firmName, packageLines, reasons, short, the } from "./blocs.js";
import { h, s, wide } from "./dom.js";
import { gameMap } from "./figures.js";
import { gap, percent, sentence, signedMoney, t } from "./words.js";

const GOOD = ["signs", "in_force", "renewed", "relief", "alone", "resumes"];
const BAD = ["lapses", "withholds", "ends", "emergency", "answers", "case"];

export const packageList = (d, pack) => h("ul", { class: "plain" }, packageLines(d, pack).map((line) => h("li", {}, line)));

// What a side makes of a package: gains by issue, the tests it passes, trust.
export function judgementView(d, own) {
  const names = ["duty_first", "duty_second", "supply_first", "supply_second", "standards", "linkage_first", "linkage_second", "technology"];
  const [first, second] = DYADS[d].map(bloc);
  const rows = own.issues.map((gain, axis) => [t(`axis.${names[axis]}`, { first, second }), gain]).filter(([, gain]) => Math.abs(gain) > 5e-4);
  const most = Math.max(...rows.map(([, gain]) => Math.abs(gain)), 1e-9);
  const test = (passes, words) => h("div", {}, h("span", { class: `tag ${passes ? "good" : "bad"}` }, passes ? "✓" : "✗"), " ", words);
  return h("div", { class: "judgement" },
    rows.length > 0 && h("p", { class: "soft" }, t("judge.issues")),
    h("div", { class: "bars", role: "list", "aria-label": t("judge.issues") }, rows.map(([name, gain]) => [
      h("span", { role: "listitem" }, name),
      h("span", { class: "track" }, s("svg", { viewBox: "-1 0 2 1", preserveAspectRatio: "none", "aria-hidden": "true" },
        s("rect", { x: Math.min(0, gain / most), y: 0, width: Math.abs(gain / most), height: 1, fill: gain >= 0 ? "#0067a6" : "#c44e00" }),
        s("rect", { x: -0.006, y: 0, width: 0.012, height: 1, fill: "#333" }))),
      h("span", {}, signedMoney(gain)),
    ])),
    test(own.believed !== null && own.believed >= (own.hope ?? own.least),
      t("judge.gain", { gain: own.believed === null ? "–" : signedMoney(own.believed), least: signedMoney(own.least), hope: own.hope === null ? "–" : signedMoney(own.hope) })),
    test(own.enforceable, t("judge.keep", { trust: percent(own.trust), slack: signedMoney(own.slack) })),
    test(own.passable, t("judge.pass", { gain: signedMoney(own.legislature) })));
}

export const lobbyLine = (lobby) =>
  lobby.length ? t("judge.lobby", { firms: lobby.map(([name, stake]) => `${firmName(name)} ${signedMoney(stake)}`).join(t("comma")) }) : t("judge.no_lobby");

function eventItem(event) {
  const kind = event.kind === "offer" ? "offer" : GOOD.includes(event.kind) || (event.kind === "vote" && event.votes.every(Boolean)) ? "good" : BAD.includes(event.kind) || event.kind === "vote" ? "bad" : "";
  const item = h("li", { class: kind }, eventLine(event));
  if (event.kind === "offer") {
    const answerer = the(DYADS[event.dyad][1 - event.side]);
    const own = event.private && event.private[String(DYADS[event.dyad][1 - event.side])];
    item.append(packageList(event.dyad, event.package));
    item.append(h("div", {}, h("span", { class: `tag ${event.accepted ? "good" : "bad"}` }, sentence(t(event.accepted ? "offer.accepted" : "offer.refused", { who: answerer }))),
      own && !event.accepted ? ` ${reasons(own).join(t("comma"))}` : ""));
    if (own) item.append(h("details", {}, h("summary", {}, t("offer.why", { who: answerer })), judgementView(event.dyad, own), h("p", { class: "soft" }, lobbyLine(event.lobby))));
  }
  if (["vote", "signs"].includes(event.kind) && event.package) item.append(packageList(event.dyad, event.package));
  return item;
}

// Offers that repeat an earlier one of the quarter are folded into one line.
export function minutesList(events) {
  const seen = new Set();
  const items = [];
  let repeated = 0;
  for (const event of events) {
    const key = event.kind === "offer" ? `${event.dyad}.${event.side}.${event.package.index}.${event.accepted}` : "";
    if (key && seen.has(key)) { repeated += 1; continue; }
    if (key) seen.add(key);
    items.push(eventItem(event));
  }
  if (repeated) items.push(h("li", { class: "soft" }, t("offer.repeated", { n: repeated })));
  if (!items.length) items.push(h("li", { class: "soft" }, t("minutes.none")));
  return h("ul", { class: "minutes", tabindex: 0, "aria-label": t("watch.table") }, items);
}

// How a table of gains and the map of games are read: said once, however many games are shown.
export const gameHelp = () => h("p", { class: "soft", id: "game-help" }, t("game.unit"), gap(), t("game.map_help"));

// The game that a pair is in: payoffs, its name, its place on the map of games; alone: with how it is read, and the map folded.
export function gameCard(game, d, alone = false) {
  const [first, second] = DYADS[d].map(short);
  const [one, two] = game.payoffs;
  // payoffs are reward, temptation, sucker, punishment; a cell is (row act, column act)
  const cells = [[[one[0], two[0]], [one[2], two[1]]], [[one[1], two[2]], [one[3], two[3]]]];
  const close = 5e-3;
  const bestRow = (r, c) => cells[r][c][0] >= cells[1 - r][c][0] - close;
  const bestColumn = (r, c) => cells[r][c][1] >= cells[r][1 - c][1] - close;
  const cell = (r, c) => h("td", { class: bestRow(r, c) && bestColumn(r, c) ? "best" : "" }, `${bestRow(r, c) && bestColumn(r, c) ? "★ " : ""}${signedMoney(cells[r][c][0])} / ${signedMoney(cells[r][c][1])}`);
  const same = game.families[0] === game.families[1];
  const map = h("div", { class: "figure small" }, gameMap(game, d));
  return h("section", { class: "card", "aria-label": t("game.title", { pair: dyad(d) }) },
    h("h3", {}, t(game.about === "chosen" ? "game.title_chosen" : "game.title", { pair: dyad(d) })),
    h("p", {}, h("strong", {}, same ? family(game.families[0]) : t("game.two", { one: family(game.families[0]), two: family(game.families[1]), first, second }))),
    wide(t("game.title", { pair: dyad(d) }), h("table", {},
      h("thead", {}, h("tr", {}, h("th", {}, t("game.corner", { first, second })), h("th", {}, t("game.keeps", { who: second })), h("th", {}, t("game.leaves", { who: second })))),
      h("tbody", {},
        h("tr", {}, h("th", {}, t("game.keeps", { who: first })), cell(0, 0), cell(0, 1)),
        h("tr", {}, h("th", {}, t("game.leaves", { who: first })), cell(1, 0), cell(1, 1))))),
    h("p", { class: "soft" }, t(`game.about_${game.about}`), alone ? [gap(), t("game.unit")] : ""),
    h("details", {}, h("summary", {}, t("game.package")), packageList(d, game.package)),
    alone ? h("details", {}, h("summary", {}, t("game.map_label")), map, h("p", { class: "soft" }, t("game.map_help"))) : map);
}
