// Asks the control port once a second and shows what it says. Everything is set as text, never as markup.
"use strict";

const STATES = ["connected", "stale", "stopped", "abandoned", "revoked"];
const SAMPLES = 600;
const LINES = 30;
const TOKEN = "amnesty-token";

const $ = (id) => document.getElementById(id);
const shown = { samples: [], cohorts: [], at: 0, busy: false };

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(path, method = "GET", body) {
  const headers = {};
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (method !== "GET") headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  let said = null;
  try {
    said = JSON.parse(text);
  } catch {
    // Not ours, or no JSON: the status says enough.
  }
  if (!answer.ok) throw new Refused(answer.status, said?.error ?? `${method} ${path}: ${answer.status}`);
  return said ?? text;
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const count = (number) => number.toLocaleString("en");
const orgs = (number) => (number === 1 ? "1 org" : `${count(number)} orgs`);
const time = (instant) => (instant.utc ? instant.utc.slice(11, 19) : instant.after);

function complain(message) {
  $("trouble-text").textContent = message;
  $("trouble").hidden = !message;
}

/* How the orgs stand. */

function headline(census) {
  const gone = census.total - census.connected;
  if (census.total === 0) return "There are no orgs.";
  if (gone === 0) return `All ${orgs(census.total)} are connected.`;
  return `${count(gone)} of ${orgs(census.total)} ${gone === 1 ? "is" : "are"} disconnected.`;
}

function showCensus(census) {
  $("headline").textContent = headline(census);
  document.title = `${count(census.total - census.connected)} disconnected · amnesty`;
  if (!$("tiles").children.length) {
    for (const state of STATES) {
      const attributes = { "data-state": state, class: "tile" };
      $("tiles").append(make("div", attributes, make("b"), make("span", {}, state)));
      $("bar").append(make("i", { "data-state": state }));
    }
  }
  STATES.forEach((state, place) => {
    const tile = $("tiles").children[place];
    tile.firstChild.textContent = count(census[state]);
    tile.classList.toggle("none", census[state] === 0);
    $("bar").children[place].style.flexGrow = census[state];
  });
  const words = STATES.map((state) => `${census[state]} ${state}`).join(", ");
  $("bar").setAttribute("aria-label", words);
}

function area(name, lower, upper, peak) {
  const x = (place) => (600 * (place + SAMPLES - upper.length)) / (SAMPLES - 1);
  const y = (number) => (100 - (90 * number) / peak).toFixed(2);
  const over = upper.map((number, place) => `${x(place).toFixed(2)},${y(number)}`);
  const back = lower.map((number, place) => `${x(place).toFixed(2)},${y(number)}`).reverse();
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("data-state", name);
  path.setAttribute("d", `M${over.join("L")}L${back.join("L")}Z`);
  return path;
}

function showChart() {
  const samples = shown.samples;
  const gone = samples.map((census) => census.total - census.connected);
  const peak = Math.max(0, ...gone);
  $("chart").replaceChildren();
  if (peak > 0 && samples.length > 1) {
    let lower = samples.map(() => 0);
    for (const state of STATES.slice(1)) {
      const upper = samples.map((census, place) => lower[place] + census[state]);
      $("chart").append(area(state, lower, upper, peak));
      lower = upper;
    }
  }
  const since = samples.length < SAMPLES ? "so far" : "in the last ten minutes";
  $("chart-empty").textContent = peak > 0 ? "" : `Nobody was disconnected ${since}.`;
  $("chart-peak").textContent = peak > 0 ? `at most ${count(peak)} disconnected` : "";
  $("chart-from").textContent = "10 min ago";
}

function showStatus(status) {
  const arm = status.arm ? `, arm ${status.arm}` : "";
  const server = status.server ? ` · clients meet it at ${status.server}` : "";
  $("scenario").textContent = `${status.scenario}${arm}${server}`;
  const now = status.clock.now;
  const date = now.utc ? `${now.utc.slice(0, 10)} ${time(now)} UTC` : now.after;
  const scale = status.clock.time_scale === 1 ? "" : ` · ${status.clock.time_scale}× as fast`;
  $("clock").textContent = `${date}${scale}`;
  showCensus(status.orgs);
  const { attempts, committed_and_lost: lost } = status.totals;
  $("totals").textContent = `of ${count(attempts)}; committed and lost: ${count(lost)}`;
  const where = status.server ? ` Point a client at ${status.server}.` : "";
  $("no-attempts").textContent = `No attempts yet.${where}`;
}

/* The incident. */

function phaseItem(name) {
  const title = make("b", {}, name);
  const text = make("p", { class: "quiet" });
  const button = make("button", { type: "button" });
  button.addEventListener("click", () => {
    act(`phases/${encodeURIComponent(name)}/${button.dataset.turn}`);
  });
  return make("li", { class: "item", "data-phase": name }, make("div", {}, title, text), button);
}

function when(phase, byHand) {
  if (phase.running) {
    return phase.until ? `since ${time(phase.from)}, until ${time(phase.until)}` : `since ${time(phase.from)}`;
  }
  if (!phase.from || byHand) return "";
  return `${phase.from.utc?.slice(0, 10) ?? ""} ${time(phase.from)}`;
}

function showPhases(phases, byHand) {
  const list = $("phases");
  $("no-phases").hidden = phases.length > 0;
  phases.forEach((phase, place) => {
    if (!list.children[place]) list.append(phaseItem(phase.name));
    const item = list.children[place];
    const words = [...phase.does, when(phase, byHand)].filter((word) => word);
    item.classList.toggle("on", phase.running);
    item.querySelector("p").textContent = words.join(" · ");
    const button = item.querySelector("button");
    button.textContent = phase.running ? "End" : "Start";
    button.dataset.turn = phase.running ? "end" : "start";
  });
}

const REPLIES = { current_pair: "the current pair", new_pair: "a new pair" };

function showAmnesty(amnesty) {
  const open = amnesty.cohorts.filter((cohort) => cohort.open);
  $("amnesty-title").textContent = amnesty.open ? "open" : "closed";
  $("amnesty-title").closest(".item").classList.toggle("on-amnesty", amnesty.open);
  const names = open.map((cohort) => cohort.cohort).join(", ");
  const covered = open.length === amnesty.cohorts.length ? "everybody" : names;
  $("amnesty-text").textContent = amnesty.open
    ? `for ${covered}, since ${time(open[0].from)} · a superseded token gets ${REPLIES[open[0].reply]}`
    : "Superseded tokens are treated as the policy says.";
  $("amnesty-turn").textContent = amnesty.open ? "End" : "Start";
  $("amnesty-turn").dataset.turn = amnesty.open ? "end" : "start";
  $("terms").hidden = amnesty.open;
  const cohorts = amnesty.cohorts.map((cohort) => cohort.cohort);
  if (cohorts.join() === shown.cohorts.join()) return;
  shown.cohorts = cohorts;
  $("cohort").replaceChildren(...cohorts.map((name) => make("option", { value: name }, name)));
  const scopes = [make("option", { value: "" }, "what the scenario says")];
  scopes.push(make("option", { value: "*" }, "everybody"));
  scopes.push(...cohorts.map((name) => make("option", { value: name }, name)));
  $("amnesty-scope").replaceChildren(...scopes);
}

function terms() {
  const terms = {};
  const scope = $("amnesty-scope").value;
  if ($("amnesty-reply").value) terms.reply = $("amnesty-reply").value;
  if (scope) terms.scope = scope === "*" ? shown.cohorts : [scope];
  if ($("amnesty-unrevoke").value) terms.unrevoke = $("amnesty-unrevoke").value === "true";
  return terms;
}

/* One org. */

const FATES = {
  lose_answer: (fate) => `committed, answer lost (${fate.seen_as})`,
  lose_request: () => "request lost",
  fail: (fate) => `fails with ${fate.status}`,
  throttle: (fate) => `429, retry after ${fate.retry_after}`,
  delay: (fate) => `takes ${fate.by}`,
  duplicate: () => "delivered twice",
};

function showOrg(org) {
  const line = $("org-state");
  if (typeof org === "string") {
    line.textContent = org;
    line.removeAttribute("data-state");
    $("credentials").replaceChildren();
    $("waiting-row").hidden = true;
    return;
  }
  const held = org.stored ? `its client holds ${org.stored}` : "its client holds nothing";
  line.dataset.state = org.state;
  line.textContent = `${org.state} · ${held}, the newest is ${org.newest} · ${org.cohort}`;
  const waiting = org.waiting.map((fate) => {
    return FATES[fate.fate](fate) + (fate.times > 1 ? ` ×${fate.times}` : "");
  });
  $("waiting").textContent = `Waiting: ${waiting.join(", then ")}`;
  $("waiting-row").hidden = waiting.length === 0;
  const names = Object.entries({ ...org.credentials?.oauth2, ...org.credentials?.oauth1 });
  const pairs = names.filter(([name]) => name !== "token_type");
  const old = [...$("credentials").querySelectorAll("dd")].map((dd) => dd.textContent).join();
  if (old !== pairs.map(([, value]) => value).join()) {
    const rows = pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
    $("credentials").replaceChildren(...rows);
  }
}

async function lookUp() {
  const number = $("org").value;
  if (!/^\d+$/.test(number)) return showOrg("Which org?");
  try {
    showOrg(await ask(`orgs/${number}`));
  } catch (refused) {
    if (refused.status !== 404) throw refused;
    showOrg(refused.message);
  }
}

function orderedFate() {
  const fate = { fate: $("fate").value, times: Number($("times").value) };
  if (fate.fate === "lose_answer") fate.seen_as = $("seen_as").value;
  if (fate.fate === "fail") fate.status = Number($("status").value);
  if (fate.fate === "throttle") fate.retry_after = $("retry_after").value;
  if (fate.fate === "delay") fate.by = $("by").value;
  return fate;
}

function showFateFields() {
  for (const label of document.querySelectorAll("[data-for]")) {
    label.hidden = label.dataset.for !== $("fate").value;
  }
}

/* The last attempts. */

function answerWords(delivery) {
  if (delivery === "answered") return "delivered";
  if (delivery === "throttled") return "429";
  if (delivery === "pending") return "not yet sent";
  const [, what, how] = /^(lost|failed)_(.*)$/.exec(delivery) ?? [];
  return what ? `${what}: ${how.replaceAll("_", " ")}` : delivery.replaceAll("_", " ");
}

function attemptRow(line) {
  const commits = line.commits.map((commit) => (commit.issued ? `committed ${commit.issued}` : "refused"));
  const lost = line.delivery.startsWith("lost_") && line.commits.some((commit) => commit.issued);
  const pick = make("button", { type: "button" }, String(line.org));
  pick.addEventListener("click", () => {
    $("org").value = line.org;
    tick();
  });
  const client = line.conclusion?.replace("stored_", "stored ").replaceAll("_", " ") ?? "waiting";
  return make(
    "tr",
    lost ? { class: "lost" } : {},
    make("td", {}, time(line.sent_at)),
    make("td", {}, pick),
    make("td", {}, line.presented),
    make("td", {}, commits.join(", ") || (line.delivery === "pending" ? "…" : "not decided")),
    make("td", { class: "fate" }, answerWords(line.delivery)),
    make("td", {}, client),
  );
}

function showLedger(ledger) {
  const said = JSON.stringify(ledger.lines);
  $("attempts").hidden = ledger.lines.length === 0;
  $("no-attempts").hidden = ledger.lines.length > 0;
  // A table that did not change, or in which somebody is clicking, stays as it is.
  if (said === shown.ledger || $("attempts").matches(":active")) return;
  shown.ledger = said;
  $("attempts").tBodies[0].replaceChildren(...ledger.lines.toReversed().map(attemptRow));
}

/* The round. */

function setPulse(is, words) {
  $("pulse").dataset.is = is;
  $("pulse").textContent = words;
  $("main").dataset.is = is;
}

async function tick() {
  if (shown.busy) return;
  shown.busy = true;
  try {
    // A tab in the background is not asked to look every second: what it missed is fetched.
    if (Date.now() - shown.at > 5000) {
      shown.samples = (await ask("history")).samples.map((sample) => sample.orgs);
    }
    const paths = ["status", "phases", "amnesty", `ledger?limit=${LINES}`];
    const [status, phases, amnesty, ledger] = await Promise.all(paths.map((path) => ask(path)));
    shown.samples = [...shown.samples, status.orgs].slice(-SAMPLES);
    shown.at = Date.now();
    showStatus(status);
    showChart();
    showPhases(phases.phases, status.clock.by_hand);
    showAmnesty(amnesty);
    showLedger(ledger);
    await lookUp();
    $("main").hidden = false;
    $("token-form").hidden = true;
    if (shown.lost) complain("");
    shown.lost = false;
    setPulse("live", "live");
  } catch (refused) {
    if (refused.status === 401) {
      $("token-form").hidden = false;
      $("main").hidden = true;
      setPulse("waiting", "locked");
      complain(sessionStorage.getItem(TOKEN) ? refused.message : "");
      sessionStorage.removeItem(TOKEN);
    } else {
      shown.lost = true;
      setPulse("lost", "no answer");
      complain(refused.status ? refused.message : "The control port does not answer. Trying again each second.");
    }
  } finally {
    shown.busy = false;
  }
}

/** Does something, says if that failed, and looks at once. */
async function act(path, method = "POST", body) {
  try {
    const said = await ask(path, method, body);
    complain("");
    await tick();
    return said;
  } catch (refused) {
    complain(refused.status ? refused.message : "The control port does not answer: nothing was done.");
    return null;
  }
}

$("amnesty-turn").addEventListener("click", () => {
  const turn = $("amnesty-turn").dataset.turn;
  act(`amnesty/${turn}`, "POST", turn === "start" ? terms() : undefined);
});
$("reset").addEventListener("click", () => act("reset"));
$("add").addEventListener("click", async () => {
  const fresh = await act("orgs", "POST", { cohort: $("cohort").value });
  if (fresh) {
    $("org").value = fresh.org;
    await tick();
  }
});
$("authorise").addEventListener("click", () => act(`orgs/${$("org").value}/authorise`));
$("forget").addEventListener("click", () => act(`orgs/${$("org").value}/fate`, "DELETE"));
$("fate-form").addEventListener("submit", (event) => {
  event.preventDefault();
  act(`orgs/${$("org").value}/fate`, "POST", orderedFate());
});
$("fate").addEventListener("change", showFateFields);
$("org").addEventListener("input", tick);
$("trouble-close").addEventListener("click", () => complain(""));
$("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(TOKEN, $("token").value.trim());
  $("token").value = "";
  tick();
});
for (const link of document.querySelectorAll("[data-token]")) {
  // A plain link cannot present a token.
  link.addEventListener("click", async (event) => {
    if (!sessionStorage.getItem(TOKEN)) return;
    event.preventDefault();
    const said = await act(link.getAttribute("href"), "GET");
    const text = typeof said === "string" ? said : JSON.stringify(said, null, 2);
    const url = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    make("a", { href: url, download: link.getAttribute("href") }).click();
    URL.revokeObjectURL(url);
  });
}

showFateFields();
tick();
setInterval(tick, 1000);
