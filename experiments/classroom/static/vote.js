// The whole class answers a lesson's question: phones vote, the wall shows the split, then the reveal beside it.
import { ask, facts } from "./api.js";
import { button, h, notice, s } from "./dom.js";
import { isGame, optionName } from "./lesson_words.js";
import { digits, gap, signedMoney, t } from "./words.js";

const EVERY = 2000; // ms
// stage: "" (everybody goes alone), asked, split, revealed
export const ballot = { lesson: "", round: 0, stage: "", voters: 0, mine: null, split: null, partner: null, quiz: "" };
let timer = 0;
let isThere = false;
const kept = (name) => { try { return sessionStorage.getItem(name) || ""; } catch { return ""; } };
const keep = (name, value) => { try { sessionStorage.setItem(name, value); } catch { /* a private window keeps nothing */ } };

// Asks as somebody who votes: the same after a reload of the page, another one where the command was started anew.
export async function asVoter(path, data = {}) {
  if (!kept("voter")) keep("voter", facts.visitor);
  try {
    return await ask(path, { ...data, voter: kept("voter") || facts.visitor });
  } catch (fault) {
    if (fault.code !== "stranger" || kept("voter") === facts.visitor) throw fault;
    keep("voter", facts.visitor);
    return ask(path, { ...data, voter: facts.visitor });
  }
}

export function stopVotes() {
  isThere = false;
  clearTimeout(timer);
}

// changed(): the vote is not what it was.
export function followVotes(changed) {
  if (facts.held) return;
  isThere = true;
  const look = async () => {
    clearTimeout(timer);
    try { take(await asVoter("lesson/look"), changed); } catch { /* asked again */ }
    if (isThere) timer = setTimeout(look, EVERY);
  };
  look();
}

function take(seen, changed) {
  const isSame = JSON.stringify(seen) === JSON.stringify({ ...ballot });
  Object.assign(ballot, seen);
  if (!isSame && isThere) changed();
}

export const isAsked = (lesson) => ballot.stage !== "" && ballot.lesson === lesson.key;
export const answers = (lesson) => (isGame(lesson) ? ["keep", "withdraw"] : lesson.options);

export async function vote(lesson, option, changed) {
  try {
    take(await asVoter("lesson/vote", { lesson: lesson.key, option }), changed);
  } catch (fault) {
    notice(t(`refused.${fault.code}`), true);
  }
}

// --- for who leads --------------------------------------------------------------------------------------------------

const NEXT = { asked: "split", split: "reveal", revealed: "ask" };
export const leads = () => !facts.held && Boolean(kept("lead"));
export function leading(lesson, changed) {
  if (!leads()) return null;
  const act = async (action) => {
    try {
      await ask("lesson/lead", { action, lesson: lesson.key }, kept("lead"));
      take(await asVoter("lesson/look"), changed);
    } catch (fault) {
      notice(t(`refused.${fault.code}`), true);
    }
  };
  const next = isAsked(lesson) ? NEXT[ballot.stage] : "ask";
  return h("div", { class: "bar", id: "vote-lead" }, button(t(`vote.do_${next}`), () => act(next), { id: "vote-next", class: "main" }),
    ballot.stage !== "" && button(t("vote.do_end"), () => act("end"), { id: "vote-end" }));
}

// --- what is shown --------------------------------------------------------------------------------------------------

export function ballotBox(lesson, game) {
  if (!isAsked(lesson)) return null;
  const line = ballot.stage === "asked" && (ballot.mine ? t("vote.in") : t(isGame(lesson) ? "vote.move" : "vote.choose"));
  return h("div", { id: "ballot" },
    h("p", { role: "status" }, line && [h("strong", {}, line), gap()], t("vote.count", { n: digits(ballot.voters, 0) })),
    ballot.split && splitBars(lesson), ballot.split && isGame(lesson) && own(game));
}

function splitBars(lesson) {
  const total = Math.max(1, ballot.voters);
  return h("div", { class: "bars split", role: "list", "aria-label": t("vote.split") }, answers(lesson).map((option) => {
    const n = ballot.split[option] ?? 0;
    return [h("span", { role: "listitem" }, optionName(lesson, option), ballot.mine === option && h("strong", {}, ` ◀ ${t("vote.yours")}`)),
      h("span", { class: "track" }, s("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { x: 0, y: 0, width: n / total, height: 1, fill: "#7a3e9d" }))),
      h("span", { class: "count" }, digits(n, 0))];
  }));
}

// payoffs are reward, temptation, sucker, punishment; the blocs of the game are alike.
function own(game) {
  if (!ballot.mine || !game) return null;
  if (!ballot.partner) return h("p", {}, t("vote.alone"));
  const gain = game.payoffs[0][{ keep: { keep: 0, withdraw: 2 }, withdraw: { keep: 1, withdraw: 3 } }[ballot.mine][ballot.partner]];
  return h("p", { id: "own-result" }, t("vote.result", { mine: t(`vote.did_${ballot.mine}`), other: t(`vote.did_${ballot.partner}`), gain: signedMoney(gain) }));
}
