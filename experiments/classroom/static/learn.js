// The lessons: read, answer, see. Everybody goes alone, or the whole class is asked and goes together.
import { facts } from "./api.js";
import { button, h, isWall, keepFocus, put } from "./dom.js";
import { armOf, isDrag, isGame, issueName, optionName, predictions, told, wordsOf } from "./lesson_words.js";
import { prepare, reveal, stopReveal } from "./reveal.js";
import { answers, ballot, ballotBox, followVotes, isAsked, leading, leads, stopVotes, vote } from "./vote.js";
import { colon, t } from "./words.js";

const state = { chapter: 0, predicted: {}, revealed: {}, round: 0, drawn: "" };
let parts = {};

export function stop() {
  stopReveal();
  stopVotes();
  parts = {};
}

// wanted: the lesson that an address asks for, by its name or number.
export function mount(root, wanted = null) {
  const asked = facts.lessons.findIndex((lesson, k) => wanted === lesson.key || wanted === String(k + 1));
  if (asked >= 0) state.chapter = asked;
  root.append(
    (parts.title = h("h1", {}, t("learn.title"))),
    (parts.help = h("p", {}, facts.held ? t("home.lessons", { version: facts.version }) : t("learn.help"))),
    h("div", { class: "bar", role: "group", "aria-label": t("learn.chapters") }, (parts.list = h("div", { class: "bar chapters" }))),
    (parts.quiz = h("div", {})),
    (parts.page = h("section", { class: "card grid lesson" })));
  draw();
  drawInvitation();
  followVotes(voted);
}

function draw() {
  put(parts.list, facts.lessons.map((lesson, k) =>
    button([`${k + 1}. `, h("span", { class: "name" }, wordsOf(lesson).title)], () => open(k), { id: `chapter-${k + 1}`, title: wordsOf(lesson).title, "aria-label": `${k + 1}. ${wordsOf(lesson).title}`, class: k === state.chapter ? "main" : "", "aria-current": k === state.chapter ? "true" : null })));
  drawPage();
}

// Questions before or after the class are open.
const drawInvitation = () =>
  put(parts.quiz, ballot.quiz && h("p", { class: "bar saying" }, t("quiz.open"), button(t("quiz.go"), () => { location.hash = "quiz"; }, { id: "to-quiz" })));

function open(k) {
  state.chapter = k;
  history.replaceState(null, "", `#learn?chapter=${facts.lessons[k].key}`);
  keepFocus(draw);
}

// The class is asked something: everybody who looks at the lessons goes there.
function voted() {
  drawInvitation();
  const at = facts.lessons.findIndex((lesson) => lesson.key === ballot.lesson);
  const isNew = ballot.round !== state.round;
  state.round = ballot.round;
  if (isNew && at >= 0) {
    delete state.revealed[ballot.lesson];
    delete state.predicted[ballot.lesson];
    if (at !== state.chapter) return open(at);
  }
  const lesson = facts.lessons[state.chapter];
  const now = stageOf(lesson);
  if (now !== parts.stage) keepFocus(drawPage); // whoever goes alone through another lesson is not disturbed
  else if (isAsked(lesson)) put(parts.ballot, ballotBox(lesson, lesson.revealed));
}
const stageOf = (lesson) => (isAsked(lesson) ? `${ballot.round} ${ballot.stage} ${ballot.mine}` : `alone ${leads() ? ballot.stage : ""}`);

function drawPage() {
  const lesson = facts.lessons[state.chapter];
  const words = wordsOf(lesson);
  const isTogether = isAsked(lesson);
  stopReveal();
  parts.stage = stageOf(lesson);
  put(parts.page, (parts.left = h("div", { class: "grid" }, h("h2", {}, `${state.chapter + 1}. ${words.title}`), h("p", {}, words.text))));
  frameFor(isTogether || Boolean(state.revealed[lesson.key]));
  parts.page.classList.remove("shown");
  parts.answer = null;
  if (facts.held && !lesson.revealed) return parts.left.append(h("p", { class: "saying" }, t("home.no_reveal")));
  parts.left.append(questionForm(lesson, isTogether), tools(lesson, isTogether));
  parts.page.append(h("div", { class: "grid" }, (parts.ballot = h("div", {}, ballotBox(lesson, lesson.revealed))), (parts.answer = h("div", { id: "answer" }))));
  if (isTogether ? ballot.stage === "revealed" : state.revealed[lesson.key]) show(lesson, isTogether);
  else if (!lesson.revealed) prepare(lesson, () => keepFocus(drawPage));
}

function toWatch() {
  const isGuessed = facts.held && facts.emulator;
  return button(t(isGuessed ? "tab.estimate" : "learn.to_watch"), () => { location.hash = isGuessed ? "estimate" : "watch"; }, { id: "to-watch" });
}

function questionForm(lesson, isTogether) {
  const key = lesson.key;
  const chosen = isTogether ? ballot.mine : state.predicted[key];
  const isClosed = isTogether ? ballot.stage !== "asked" : Boolean(state.revealed[key]);
  const choose = (option) => (!isTogether ? predict(key, option) : option !== null ? vote(lesson, option, voted) : null);
  const asked = isTogether && isGame(lesson) ? t("vote.move") : wordsOf(lesson).question;
  const mine = (option) => (isClosed && !isTogether && chosen === option ? h("strong", {}, ` ◀ ${t("learn.yours")}`) : "");
  const body = isDrag(lesson) ? bar(lesson, chosen, isClosed, choose) : lesson.move === "pick" ? picking(lesson, chosen, isClosed, choose)
    : (isTogether ? answers(lesson) : predictions(lesson)).map((option) => h("label", { class: "choice" },
      h("input", { type: "radio", id: `option-${option}`, name: `predict-${key}`, value: option, checked: chosen === option, disabled: isClosed, onchange: () => choose(option) }),
      " ", optionName(lesson, option), mine(option)));
  return h("fieldset", {}, h("legend", {}, asked), body);
}

// One arm's bar is dragged to where it is thought to stand; of the first of the others it is said where it does.
function bar(lesson, chosen, isClosed, choose) {
  const [first, step] = lesson.options.map(Number);
  const value = h("output", { for: "drag" }, chosen ? optionName(lesson, chosen) : "?");
  const other = lesson.arms.findIndex((arm) => arm.label !== lesson.drag);
  const known = lesson.revealed?.[other].measured[lesson.measure].value;
  return [known !== undefined && h("p", {}, optionName(lesson, lesson.arms[other].label), colon(), h("strong", {}, told(lesson, known))),
    h("label", { class: "control", for: "drag" }, h("span", { class: "range" }, optionName(lesson, lesson.drag), " ", value),
      h("input", { type: "range", id: "drag", min: first, max: 100, step: step - first, value: chosen ?? 50, disabled: isClosed,
        oninput: (event) => put(value, optionName(lesson, event.target.value)), onchange: (event) => choose(event.target.value) }))];
}

// So many issues make a package, whose arm is predicted.
function picking(lesson, chosen, isClosed, choose) {
  const size = lesson.arms[0].picks.length;
  const picked = new Set(chosen ? armOf(lesson, chosen).picks : []);
  const boxes = Object.keys(lesson.issues).map((issue) => h("input", { type: "checkbox", id: `pick-${issue}`, checked: picked.has(issue), onchange: (event) => {
    if (event.target.checked) picked.add(issue);
    else picked.delete(issue);
    close();
    choose(lesson.arms.find((arm) => arm.picks.length === picked.size && arm.picks.every((one) => picked.has(one)))?.label ?? null);
  } }));
  const close = () => boxes.forEach((box) => { box.disabled = isClosed || (picked.size === size && !box.checked); });
  close();
  return [h("p", { class: "soft" }, t("learn.pick", { n: size })), boxes.map((box, k) => h("label", { class: "choice" }, box, " ", issueName(lesson, Object.keys(lesson.issues)[k])))];
}

function predict(key, option) {
  state.predicted[key] = option;
  parts.reveal.disabled = option === null;
}

function tools(lesson, isTogether) {
  const key = lesson.key;
  parts.reveal = button(t("learn.reveal"), () => { state.revealed[key] = true; state.drawn = ""; drawPage(); },
    { id: "reveal", class: "main", disabled: !state.predicted[key], hidden: Boolean(state.revealed[key]) });
  return h("div", { class: "bar" }, isTogether ? null : parts.reveal, leading(lesson, voted));
}

// Where there is room for two columns, what is said of a reveal stands under the question, and the picture beside both.
const isRoomy = () => matchMedia("(min-width: 1000px)").matches;

// On the wall the room that a title takes belongs to what the class is asked, and to a reveal.
function frameFor(isBusy) {
  parts.title.className = isBusy && isWall() ? "unseen" : "";
  parts.help.hidden = isBusy && isWall();
}

// A reveal moves once, when it is new.
function show(lesson, isTogether) {
  const mark = `${lesson.key} ${isTogether ? ballot.round : "alone"}`;
  const isNew = state.drawn !== mark;
  state.drawn = mark;
  const again = [isTogether ? null : button(t("learn.again"), () => { delete state.revealed[lesson.key]; delete state.predicted[lesson.key]; state.drawn = ""; drawPage(); }, { id: "again" }),
    facts.held && !facts.emulator ? null : toWatch()];
  const said = h("div", { id: "said" });
  parts.page.classList.add("shown");
  if (isRoomy()) parts.left.append(parts.ballot, said);
  else parts.answer.after(said);
  reveal(parts.answer, said, lesson, isTogether ? (isGame(lesson) ? null : ballot.mine) : state.predicted[lesson.key], isNew, again);
}
