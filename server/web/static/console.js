// What pages can't do alone: times in the viewer's zone, and what changes while one looks. Without it they work all the same.
"use strict";

const shapes = {
  minute: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }),
  day: new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }),
};

// localise shows times as the viewer's clock and language have them; the title keeps exact UTC.
function localise(root) {
  for (const time of root.querySelectorAll("time[data-show]")) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = shapes[time.dataset.show].format(at);
  }
}

// follow hears that something has changed and fetches the page again, at most once at a time, keeping where the viewer is.
function follow(main) {
  const calm = 250; // milliseconds in which changes are gathered
  let timer = 0, busy = false, again = false;

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" });
      if (answer.ok) replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the stream tells when the console is away */ }
    busy = false;
    if (again) { again = false; soon(); }
  }

  function soon() {
    clearTimeout(timer);
    timer = setTimeout(refresh, calm);
  }

  function replace(page) {
    const fresh = page.getElementById("content");
    const held = main.contains(document.activeElement) && document.activeElement !== main;
    if (!fresh || (held && document.activeElement.matches("input, select, textarea"))) return;
    const place = held ? document.activeElement.getAttribute("href") || document.activeElement.getAttribute("name") : null;
    localise(fresh);
    const state = main.querySelector("[data-live-state]"), said = fresh.querySelector("[data-live-state]");
    if (state && said) said.replaceWith(state);
    main.replaceChildren(...fresh.childNodes);
    if (place) main.querySelector(`[href="${CSS.escape(place)}"], [name="${CSS.escape(place)}"]`)?.focus();
    if (!fresh.dataset.live) source.close();
  }

  function tell(on) {
    const state = main.querySelector("[data-live-state]");
    if (!state) return;
    const text = on ? state.dataset.liveOn : state.dataset.liveOff;
    if (state.textContent !== text) state.textContent = text;
    state.classList.toggle("on", on);
  }

  const source = new EventSource(main.dataset.live);
  let lost = false;
  source.onopen = () => { tell(true); if (lost) soon(); lost = false; };
  source.onmessage = soon;
  source.addEventListener("change", soon);
  source.onerror = () => { lost = true; tell(false); };
  // A look at the tenant tells no event, and time goes by: what is looked at is fetched now and then all the same.
  const idle = 30000;
  setInterval(() => { if (document.visibilityState === "visible") soon(); }, idle);
  addEventListener("pagehide", () => source.close());
}

// busy tells that an answer is on its way which takes a while, because Microsoft is asked first, and that the button was heard.
function busy(button) {
  const state = document.querySelector("[data-busy]");
  if (!state) return;
  state.textContent = state.dataset.busy;
  if (button) setTimeout(() => { button.disabled = true; }); // not before the form was sent with it
  addEventListener("pageshow", event => { // somebody came back to the page as it was
    if (event.persisted) { state.textContent = ""; if (button) button.disabled = false; }
  }, { once: true });
}
document.addEventListener("submit", event => { if (event.target.method === "post") busy(event.submitter); });
document.addEventListener("click", event => {
  if (event.target.closest?.("a[data-slow]") && !event.ctrlKey && !event.metaKey && !event.shiftKey) busy(null);
});

localise(document);
const main = document.getElementById("content");
if (main.dataset.live && "EventSource" in window) follow(main);
if (main.dataset.waiting) setInterval(async () => {
  // What is waited for happens elsewhere: when the page would look otherwise, it is shown anew.
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (answer?.ok && !(await answer.text()).includes("data-waiting")) location.reload();
}, 2000);
