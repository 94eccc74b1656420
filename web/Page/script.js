"use strict";
// One view at a time, made of what the API tells. All that comes from there is text: nothing is ever read as HTML.

const api = "/api/v1/";
const refreshEvery = 10000;
let token = "";
let status = null;
let turn = 0;
let timer = 0;

const main = document.getElementById("main");

// ---- elements

function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") element.className = value;
    else if (key === "click" || key === "submit" || key === "change") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

// Columns: [title, class, cell]. Roles are said, since a phone lays rows out as cards.
function table(caption, columns, rows) {
  const head = el("tr", { role: "row" }, columns.map(([title, kind]) => el("th", { role: "columnheader", scope: "col", class: kind === "number" ? "number" : null }, title)));
  const body = rows.map(row => el("tr", { role: "row" }, columns.map(([title, kind, cell], i) => {
    const content = cell(row);
    const isEmpty = content === null || content === undefined || content === "" || (Array.isArray(content) && content.length === 0);
    return el(i === 0 ? "th" : "td", { role: i === 0 ? "rowheader" : "cell", scope: i === 0 ? "row" : null, class: [kind, isEmpty ? "nothing" : ""].join(" ").trim() || null, "data-label": title },
      el("div", {}, content));
  })));
  return el("div", { class: "table" }, el("table", { role: "table", "aria-label": caption }, el("thead", { role: "rowgroup" }, head), el("tbody", { role: "rowgroup" }, body)));
}

// What is wider than its place is scrolled by keys, too.
function markScrollable() {
  for (const box of document.querySelectorAll(".table")) {
    if (box.scrollWidth > box.clientWidth + 1) box.setAttribute("tabindex", "0");
    else box.removeAttribute("tabindex");
  }
}

const tag = (text, kind) => el("span", { class: "tag " + (kind || "") }, text);
const quiet = text => el("p", { class: "quiet" }, text);
const note = (text, kind) => el("p", { class: "note " + (kind || "") }, text);
const messageLink = id => el("a", { href: "#/message/" + encodeURIComponent(id), class: "mono" }, id);
const queueLink = (match, text) => el("a", { href: "#/queue/" + encodeURIComponent(match) }, text);

// ---- words

const number = value => Number(value).toLocaleString();

function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}

const now = () => Date.now() / 1000;

function moment(seconds) {
  const date = new Date(seconds * 1000);
  return isNaN(date) ? String(seconds) : el("time", { datetime: date.toISOString(), title: date.toString() }, date.toLocaleString(undefined, { dateStyle: "short", timeStyle: "short" }));
}

const ago = seconds => el("span", { title: new Date(seconds * 1000).toLocaleString() }, span(now() - seconds));
const ahead = seconds => seconds === null || seconds === undefined ? "" : seconds <= now() ? "now" : el("span", { title: new Date(seconds * 1000).toLocaleString() }, "in " + span(seconds - now()));

function size(bytes) {
  const units = ["B", "kB", "MB", "GB"];
  let value = bytes, unit = 0;
  while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit++; }
  return (unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)) + " " + units[unit];
}

const waits = {
  not_accepted: "not yet taken up", no_room: "no room on the disk", not_seen: "not yet seen by the queue manager", active_full: "the active queue is full",
  backoff: "waits for its next attempt", due: "due, at the next scan", held: "on hold", corrupt: "damaged, and set aside", paused: "paused by an operator",
  transport_suspended: "the transport is suspended", dead_destination: "the next hop is left alone after failures", destination_full: "enough deliveries are under way there",
  rate_limit: "held back by a rate limit", no_free_agent: "all processes are busy", no_process: "waits for a process", in_turn: "waits for its turn", delivering: "being delivered",
  finishing: "attempt over, result being recorded",
};
const states = { dead_destination: "left alone", transport_suspended: "suspended", paused: "paused" };
const steps = {
  accepted: ["accepted"], queued: ["taken up by the queue manager"], attempt: ["a delivery ended"], deferred: ["put off", "warn"], delivered: ["delivered", "good"],
  relayed: ["handed to a relay", "good"], expanded: ["replaced by what its alias or list says"], bounced: ["refused for good", "bad"], expired: ["given up, it is too old", "bad"],
  discarded: ["thrown away, by a rule", "bad"], held: ["put on hold", "warn"], released: ["released from hold"], deleted: ["deleted by an operator", "bad"],
  requeued: ["processed anew, under another queue ID"], redirected: ["redirected by an operator"], suppressed: ["not tried: on the suppression list", "bad"],
  notice: ["a notice to its sender was queued"], report: ["a notice came back"], complaint: ["a complaint came back", "bad"],
};
const queueKinds = { active: "good", hold: "warn", corrupt: "bad" };

// ---- the API

class Refused extends Error {
  constructor(code, text) { super(text); this.code = code; }
}

async function ask(path, order) {
  const options = { headers: {}, cache: "no-store", credentials: "omit", redirect: "error" };
  if (token) options.headers.Authorization = "Bearer " + token;
  if (order !== undefined) {
    options.method = "POST";
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(order);
  }
  let response;
  try {
    response = await fetch(api + path, options);
  } catch {
    throw new Refused(0, "The server does not answer.");
  }
  let told = null;
  try {
    told = await response.json();
  } catch {
    throw new Refused(response.status, "The answer was cut off.");
  }
  if (!response.ok) throw new Refused(response.status, told.error || String(response.status));
  return told;
}

function question(path, values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length === 0 ? path : path + "?" + given.map(([key, value]) => key + "=" + encodeURIComponent(value)).join("&");
}

// ---- what is said

let saidTimer = 0;
function say(text) {
  const said = document.getElementById("said");
  said.textContent = text;
  clearTimeout(saidTimer);
  saidTimer = setTimeout(() => { said.textContent = ""; }, 8000);
}

function sure(text, word) {
  const dialog = document.getElementById("sure-dialog");
  document.getElementById("sure-text").textContent = text;
  document.getElementById("sure-yes").textContent = word;
  return new Promise(resolve => {
    let answer = false;
    document.getElementById("sure-form").onsubmit = event => { event.preventDefault(); answer = true; dialog.close(); };
    document.getElementById("sure-no").onclick = () => dialog.close();
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
    document.getElementById("sure-no").focus();
  });
}

async function order(path, body, words) {
  try {
    const told = await ask(path, body);
    say(words(told) + (told.problems && told.problems.length > 0 ? " " + told.problems.join(" ") : ""));
    return true;
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    say(e.message);
    if (e.code === 401) askToken();
    return false;
  }
}

const messages = count => count === 1 ? "1 message" : number(count) + " messages";
const acts = {
  hold: ["Hold", told => messages(told.done) + " put on hold."],
  release: ["Release", told => messages(told.done) + " released from hold."],
  requeue: ["Requeue", told => messages(told.done) + " processed anew, under other queue IDs."],
  delete: ["Delete", told => messages(told.done) + " deleted."],
};

function actButtons(ids, done) {
  return Object.entries(acts).map(([name, [title, words]]) => el("button", {
    type: "button", class: name === "delete" ? "danger" : null, click: async () => {
      const chosen = ids();
      if (chosen.length === 0) { say("No message is chosen."); return; }
      if (name === "delete" && !await sure(messages(chosen.length) + " will be deleted, and nobody is told. That cannot be undone.", "Delete")) return;
      if (await order("messages/" + name, { ids: chosen }, words)) done();
    },
  }, title));
}

// ---- views

const views = {
  async overview() {
    const parts = [el("h1", { tabindex: "-1" }, "Overview")];
    const queues = Object.entries(status.queues || {});
    if (!status.running) parts.push(note("The mail system does not answer: it is stopped, or only being started.", "bad"));
    if (status.queues === null) parts.push(note("The queue cannot be counted.", "bad"));
    parts.push(el("ul", { class: "cards" }, queues.map(([name, queue]) => el("li", {}, el(name === "corrupt" ? "div" : "a", { href: name === "corrupt" ? null : "#/queue/" + encodeURIComponent("state=" + name) },
      el("span", { class: "name" }, name), el("span", { class: "number" }, number(queue.messages)), el("span", { class: "quiet" }, queue.oldest ? "oldest " + span(now() - queue.oldest) : "\u00a0"))))));
    parts.push(el("h2", {}, "In trouble"));
    if (status.suspended === null) parts.push(quiet("The queue manager does not answer."));
    else if (status.suspended.length === 0) parts.push(quiet("No transport is suspended, and no destination is left alone."));
    else parts.push(destinationTable("Destinations and transports in trouble", status.suspended));
    const shape = el("div", { id: "shape" });
    parts.push(el("h2", {}, "What the queue is made of"), quiet("All of the queue is looked at, when nobody else wants the disk. That may take a while."),
      el("p", { class: "buttons" }, el("button", { type: "button", click: event => showShape(shape, event.currentTarget) }, "Count it")), shape);
    if (status.services) {
      const isWrong = status.services.some(s => s.state === "throttled" || s.state === "full");
      parts.push(el("details", { open: isWrong }, el("summary", {}, "Services"), table("Services", [
        ["Service", "", s => s.name], ["State", "short", s => tag(s.state, s.state === "throttled" ? "bad" : s.state === "full" ? "warn" : "good")], ["Processes", "number", s => number(s.processes) + (s.limit ? " of " + number(s.limit) : "")],
        ["Busy", "number", s => number(s.busy)], ["Requests", "number", s => number(s.requests)], ["Crashes", "number", s => number(s.crashes)], ["Last crash", "wide", s => s.last_crash || ""],
      ], status.services)));
    }
    return parts;
  },

  async queue(match) {
    const list = el("div", {});
    const input = el("input", { type: "search", id: "match", value: match || "", autocomplete: "off", autocapitalize: "off", spellcheck: "false", placeholder: "recipient=*@example.com and age>2h" });
    const form = el("form", { class: "line", submit: event => { event.preventDefault(); go("#/queue/" + encodeURIComponent(input.value.trim())); } },
      el("p", { class: "grow" }, el("label", { for: "match" }, "Only mail that this filter means"), input), el("button", { type: "submit", class: "main" }, "Show"));
    await showPage(list, match, []);
    return [el("h1", { tabindex: "-1" }, "Queue"), form, list];
  },

  async message(id) {
    const told = await ask("messages/" + encodeURIComponent(id));
    const queued = told.queued, history = told.history;
    const parts = [el("h1", { tabindex: "-1" }, "Message ", el("span", { class: "mono" }, told.queue_id))];
    const facts = [];
    const fact = (name, value) => { if (value !== null && value !== undefined && value !== "") facts.push(el("dt", {}, name), el("dd", {}, value)); };
    fact("State", queued ? tag(queued.queue_name, queueKinds[queued.queue_name]) : tag(history.state));
    fact("From", (queued && queued.sender) || (history && (history.sender || "(nobody: a notice)")));
    fact("Arrived", queued ? moment(queued.arrival_time) : history.arrived ? moment(Date.parse(history.arrived) / 1000) : null);
    fact("Size", queued ? size(queued.message_size) : history.size ? size(history.size) : null);
    if (history) { fact("Message-ID", history.message_id); fact("Client", history.client); fact("Origin", history.origin); fact("Finished", history.finished ? moment(Date.parse(history.finished) / 1000) : null); }
    if (queued && queued.forced_expire) fact("Expires", "at its next attempt, by an operator");
    parts.push(el("dl", { class: "facts panel" }, facts));
    if (queued && status.actions) parts.push(el("p", { class: "buttons" }, actButtons(() => [told.queue_id], () => show())));
    if (!told.queue_manager_answers) parts.push(note("The queue manager does not answer: what is told comes from the files alone."));
    if (queued) {
      parts.push(el("h2", {}, "Why it waits"), table("Recipients that wait", [
        ["Recipient", "address", r => r.address], ["Waits for", "wide", r => [waits[r.code] || r.code, r.reason ? el("span", { class: "reason" }, r.reason) : null]], ["Until", "short", r => r.until ? moment(r.until) : ""],
        ["Last reply", "wide", r => r.delay_reason || ""], ["Goes by", "", r => r.transport ? r.transport + (r.next_hop ? " to " + r.next_hop : "") : ""],
      ], queued.recipients));
    }
    if (history && history.recipients.length > 0) {
      parts.push(el("h2", {}, "What became of its recipients"), table("Recipients", [
        ["Recipient", "address", r => [r.address, r.original && r.original !== r.address ? el("span", { class: "reason" }, "for " + r.original) : null]], ["State", "short", r => tag(r.state, { delivered: "good", relayed: "good", bounced: "bad", expired: "bad", suppressed: "bad", waiting: "warn" }[r.state])],
        ["Attempts", "number", r => number(r.attempts)], ["Server", "", r => r.remote || r.nexthop || ""], ["Reply", "wide", r => [r.dsn, r.reply].filter(Boolean).join(" ")],
      ], history.recipients));
    }
    parts.push(el("h2", {}, "Its story"));
    if (told.history_problem) parts.push(note(told.history_problem));
    else if (!told.history_kept) parts.push(quiet("No history is kept: history_enable is off."));
    else if (told.events.length === 0) parts.push(quiet("Nothing is told of it yet."));
    parts.push(el("ol", { class: "story" }, told.events.map(step)));
    return parts;
  },

  async destinations() {
    const told = await ask("destinations");
    const parts = [el("h1", { tabindex: "-1" }, "Destinations"), quiet(number(told.total) + " with mail or in trouble; " + number(told.dead) + " left alone after failures.")];
    parts.push(el("h2", {}, "Next hops"), told.destinations.length === 0 ? quiet("No mail is under way.") : destinationTable("Next hops", told.destinations));
    if (told.total > told.destinations.length) parts.push(quiet("... and " + number(told.total - told.destinations.length) + " others with less mail."));
    if (told.transports.length > 0) {
      parts.push(el("h2", {}, "Transports"), table("Transports", [
        ["Transport", "", t => t.transport], ["State", "short", t => stateTag(t.state)], ["Why", "wide", t => t.reason || ""], ["Until", "short", t => t.until ? moment(t.until) : ""], ["Busy", "number", t => number(t.busy) + (t.process_limit ? " of " + number(t.process_limit) : "")],
        ["Waiting", "number", t => number(t.waiting)], ["Put off", "number", t => number(t.put_off)], ["Destinations", "number", t => number(t.destinations)],
      ], told.transports));
    }
    if (status.actions) {
      const input = el("input", { type: "text", id: "domain", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
      parts.push(el("h2", {}, "Try mail now"), el("form", { class: "line", submit: async event => {
        event.preventDefault();
        if (await order("destinations/flush", { domain: input.value.trim() }, answer => messages(answer.done) + " tried now.")) show();
      } }, el("p", { class: "grow" }, el("label", { for: "domain" }, "Deferred mail with a recipient in this domain"), input), el("button", { type: "submit" }, "Try now")));
    }
    return parts;
  },

  async suppressions(contains) {
    const list = el("div", {});
    const input = el("input", { type: "search", id: "text", value: contains || "", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
    const parts = [el("h1", { tabindex: "-1" }, "Suppressions"), el("form", { class: "line", submit: event => { event.preventDefault(); go("#/suppressions/" + encodeURIComponent(input.value.trim())); } },
      el("p", { class: "grow" }, el("label", { for: "text" }, "Only those with this in address or reason"), input), el("button", { type: "submit", class: "main" }, "Show")), list];
    await showSuppressions(list, contains, [0]);
    if (status.actions && status.suppression) {
      const address = el("input", { type: "text", id: "add-address", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
      const reason = el("input", { type: "text", id: "add-reason", autocomplete: "off" });
      parts.push(el("h2", {}, "Add an address"), el("form", { class: "line", submit: async event => {
        event.preventDefault();
        if (await order("suppressions/add", { addresses: [address.value.trim()], reason: reason.value.trim() }, told => told.done === 1 ? "Added." : "It was on the list.")) show();
      } }, el("p", { class: "grow" }, el("label", { for: "add-address" }, "Address"), address), el("p", { class: "grow" }, el("label", { for: "add-reason" }, "Reason"), reason), el("button", { type: "submit" }, "Add")));
    }
    return parts;
  },
};

const stateTag = state => state ? tag(states[state] || waits[state] || state, "bad") : tag("open", "good");

function destinationTable(caption, rows) {
  return table(caption, [
    ["Next hop", "address", d => d.next_hop || "all of " + d.transport], ["Transport", "", d => d.transport], ["State", "short", d => stateTag(d.state)], ["Why", "wide", d => d.reason || ""],
    ["Since", "short", d => d.since ? moment(d.since) : ""], ["Until", "short", d => d.until ? moment(d.until) : ""], ["Busy", "number", d => number(d.busy || 0)], ["Waiting", "number", d => number(d.waiting || 0)], ["Put off", "number", d => number(d.put_off || 0)],
  ], rows);
}

function step(event) {
  const [words, kind] = steps[event.event] || [event.event];
  const where = event.remote ? " at " + event.remote.name + "[" + event.remote.address + "]" : event.nexthop ? ", next hop " + event.nexthop : "";
  const from = event.client ? " from " + event.client.name + "[" + event.client.address + "]" : "";
  const tls = event.tls ? event.tls.protocol ? ", " + event.tls.protocol : ", in plain text" : "";
  return el("li", { class: kind || null }, el("time", { datetime: event.time }, new Date(event.time).toLocaleString()), el("br"),
    event.recipient ? event.recipient + ": " : "", words, from, where, event.attempt ? ", attempt " + event.attempt : "", tls,
    event.reply || event.reason ? el("span", { class: "reason" }, event.reply || event.reason) : null,
    event.next_attempt ? el("span", { class: "reason" }, "tried again " + new Date(event.next_attempt).toLocaleString()) : null);
}

// before: where the pages before this one began.
async function showPage(list, match, before) {
  const mine = turn;
  const told = await ask(question("queue", { match, after: before[before.length - 1], limit: 50 }));
  if (mine !== turn) return;
  const chosen = new Set();
  const columns = [
    ["Queue ID", "short", m => messageLink(m.queue_id)], ["Queue", "short", m => tag(m.queue_name, queueKinds[m.queue_name])], ["Age", "short", m => ago(m.arrival_time)], ["Size", "number", m => size(m.message_size)], ["From", "address", m => m.sender],
    ["To", "wide", m => el("ul", {}, m.recipients.map(r => el("li", {}, r.address, r.delay_reason ? el("span", { class: "reason" }, r.delay_reason) : null)), m.more_recipients ? el("li", { class: "quiet" }, "... and more") : null)],
    ["Next attempt", "short", m => ahead(m.next_attempt)], ["Attempts", "number", m => m.attempts ? number(m.attempts) : ""],
  ];
  if (status.actions) {
    columns.splice(1, 0, ["Choose", "", m => el("input", { type: "checkbox", "aria-label": "Choose " + m.queue_id, change: event => { if (event.currentTarget.checked) chosen.add(m.queue_id); else chosen.delete(m.queue_id); } })]);
  }
  const parts = [];
  if (told.messages.length === 0) parts.push(quiet(told.next ? "Nothing so far: the queue is large. Go on to look further." : match ? "No mail is meant by that filter." : "The queue is empty."));
  else parts.push(table("Messages", columns, told.messages));
  if (status.actions && told.messages.length > 0) parts.push(el("div", { class: "buttons" }, el("span", { class: "quiet" }, "With those chosen:"), actButtons(() => [...chosen], () => showPageSafely(list, match, before))));
  parts.push(el("p", { class: "buttons" },
    el("button", { type: "button", disabled: before.length === 0, click: () => showPageSafely(list, match, before.slice(0, -1)) }, "Page before"),
    el("button", { type: "button", disabled: !told.next, click: () => showPageSafely(list, match, [...before, told.next]) }, "Next page")));
  list.replaceChildren(...parts);
}

async function showPageSafely(list, match, before) {
  await safely(async () => {
    // One question at a time, however often somebody presses.
    for (const button of list.querySelectorAll("button")) button.disabled = true;
    await showPage(list, match, before);
    focusOn(document.querySelector("h1"));
    window.scrollTo(0, 0);
  });
}

async function showSuppressions(list, contains, before) {
  const mine = turn;
  const told = await ask(question("suppressions", { contains, skip: before[before.length - 1] || "", limit: 100 }));
  if (mine !== turn) return;
  const parts = [quiet(number(told.total) + " on the list." + (told.on ? "" : " suppression_enable is off: mail is delivered to them."))];
  const columns = [["Address", "address", e => e.address], ["For mail of", "address", e => e.sender || "all"], ["Since", "short", e => moment(e.since)], ["Until", "short", e => e.until ? moment(e.until) : "removed"], ["By", "short", e => e.by], ["Reason", "wide", e => e.reason]];
  if (status.actions && status.suppression) {
    columns.push(["Order", "", e => el("button", { type: "button", class: "small", "aria-label": "Remove " + e.address, click: async () => {
      if (await order("suppressions/remove", { addresses: [e.address], sender: e.sender || "" }, () => "Removed.")) safely(() => showSuppressions(list, contains, before));
    } }, "Remove")]);
  }
  if (told.entries.length > 0) parts.push(table("Suppressed addresses", columns, told.entries));
  else parts.push(quiet("None is shown."));
  parts.push(el("p", { class: "buttons" },
    el("button", { type: "button", disabled: before.length < 2, click: () => safely(() => showSuppressions(list, contains, before.slice(0, -1))) }, "Page before"),
    el("button", { type: "button", disabled: told.next === null, click: () => safely(() => showSuppressions(list, contains, [...before, told.next])) }, "Next page")));
  list.replaceChildren(...parts);
}

async function showShape(place, button) {
  const mine = turn;
  button.disabled = true;
  place.replaceChildren(quiet("Counting ..."));
  try {
    const told = await ask("shape");
    if (mine !== turn) return;
    const minutes = told.shape.length > 0 ? Object.keys(told.shape[0].minutes) : [];
    const edge = minute => minute === "more" ? "older" : "< " + minute;
    place.replaceChildren(
      quiet(messages(told.messages) + " for " + number(told.recipients) + " recipients" + (told.complete ? "." : ", and more: the time to count was over.")),
      ...(told.waits.length === 0 ? [] : [el("h3", {}, "Why mail waits, the 30 most frequent reasons"), table("Reasons", [
        ["Domain", "address", w => queueLink("domain=" + w.destination, w.destination)], ["Reason", "wide", w => w.reason], ["Recipients", "number", w => number(w.recipients)], ["Messages", "number", w => number(w.messages)], ["Oldest", "short", w => span(w.oldest_age)],
        ["Next attempt", "short", w => w.next_attempt_in === undefined ? "" : "in " + span(w.next_attempt_in)]], told.waits.slice(0, 30))]),
      ...(told.shape.length === 0 ? [] : [el("h3", {}, "Recipients by domain and age in minutes, the 30 largest"), table("Recipients by domain and age", [
        ["Domain", "address", d => d.domain], ["All", "number", d => number(d.total)], ...minutes.map(minute => [edge(minute), "number", d => d.minutes[minute] ? number(d.minutes[minute]) : ""])], told.shape.slice(0, 30))]));
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    place.replaceChildren(note(e.message, "bad"));
  } finally {
    button.disabled = false;
  }
}

// ---- going from view to view

function go(hash) {
  if (location.hash === hash) show();
  else location.hash = hash;
}

function focusOn(element) {
  if (element) element.focus({ preventScroll: true });
}

async function safely(work) {
  try {
    await work();
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    main.replaceChildren(el("h1", { tabindex: "-1" }, "Not shown"), note(e.code === 401 && !token ? "This server asks for the token." : e.message, "bad"), el("p", { class: "buttons" }, el("button", { type: "button", click: () => show() }, "Try again")));
    if (e.code === 401) askToken();
  }
}

async function refreshStatus() {
  status = await ask("status");
  document.getElementById("host").textContent = status.host;
  document.title = "Mail queue of " + status.host;
  const state = document.getElementById("state");
  const waiting = Object.values(status.queues || {}).reduce((sum, queue) => sum + queue.messages, 0);
  const dead = status.destinations ? status.destinations.dead : 0;
  state.textContent = (status.running ? "running" : "not running") + ", " + messages(waiting) + (dead > 0 ? ", " + number(dead) + (dead === 1 ? " destination" : " destinations") + " left alone" : "");
  state.className = status.running ? "state" : "state bad";
}

function place() {
  const [, name, ...rest] = location.hash.split("/");
  let argument = null;
  try {
    argument = rest.length > 0 ? decodeURIComponent(rest.join("/")) : null;
  } catch {
    // An address that is none.
  }
  return Object.hasOwn(views, name) ? [name, argument] : ["overview", null];
}

async function show(isRefresh = false) {
  const mine = ++turn;
  clearTimeout(timer);
  const [name, argument] = place();
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === "#/" + (name === "message" ? "queue" : name)) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.setAttribute("aria-busy", "true");
  await safely(async () => {
    await refreshStatus();
    const parts = await views[name](argument);
    if (mine !== turn) return;
    main.replaceChildren(...parts);
    if (!isRefresh) {
      window.scrollTo(0, 0);
      focusOn(main.querySelector("h1"));
    }
  });
  if (mine !== turn) return;
  main.removeAttribute("aria-busy");
  timer = setTimeout(refresh, refreshEvery);
}

// Only the line at the top, and destinations, are looked at again by themselves: nothing that a reader has before him moves.
async function refresh() {
  if (document.visibilityState !== "visible") { timer = setTimeout(refresh, refreshEvery); return; }
  try {
    await refreshStatus();
  } catch (e) {
    if (!(e instanceof Refused)) throw e;
    const state = document.getElementById("state");
    state.textContent = e.message;
    state.className = "state bad";
  }
  timer = setTimeout(refresh, refreshEvery);
}

function askToken() {
  const dialog = document.getElementById("token-dialog");
  if (dialog.open) return;
  dialog.showModal();
  document.getElementById("token-text").focus();
}

document.getElementById("token").addEventListener("click", askToken);
document.getElementById("token-cancel").addEventListener("click", () => document.getElementById("token-dialog").close());
document.getElementById("token-form").addEventListener("submit", event => {
  event.preventDefault();
  const text = document.getElementById("token-text");
  token = text.value.trim();
  text.value = "";
  document.getElementById("token-dialog").close();
  show();
});
document.querySelector(".skip").addEventListener("click", event => { event.preventDefault(); main.focus(); });
new ResizeObserver(markScrollable).observe(main);
window.addEventListener("hashchange", () => show());
show();
