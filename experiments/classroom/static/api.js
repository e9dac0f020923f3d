// The only way to the server: small JSON tables. A refusal becomes an Error whose code has words in the language files.
let visitor = "";
export const facts = {};

export class Refusal extends Error {
  constructor(status, code, detail) {
    super(detail || code);
    this.status = status;
    this.code = code;
  }
}

// patience: ms after which a silent network counts as none; for questions that are asked again anyway.
export async function ask(path, data = {}, token = "", patience = 0) {
  let response;
  try {
    response = await fetch(`/api/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Visitor": visitor, ...(token ? { "X-Token": token } : {}) },
      body: JSON.stringify(data),
      signal: patience ? AbortSignal.timeout(patience) : undefined,
    });
  } catch {
    throw new Refusal(0, "no_server", "");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(response.status, answer.refused || "unknown", answer.detail || "");
  return answer;
}

// The words of a language, in English where the page has not that language.
export async function wordsOf(wanted) {
  const file = (code) => fetch(new URL(`../lang/${code}.json`, import.meta.url));
  let code = wanted;
  let response = await file(code);
  if (!response.ok) response = await file((code = "en"));
  return { code, words: await response.json() };
}

export async function start() {
  Object.assign(facts, await ask("start"));
  visitor = facts.visitor;
  return facts;
}
