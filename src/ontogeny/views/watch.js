
// The pages of `watch`: what the stream says has changed is put in its place.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const told = document.body.dataset;
  const AT_MOST = 8;  // a part is asked for again after so many times the time that it took
  const say = (text) => { $("says").textContent = text; $("says").hidden = !text; };
  const made = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;  // the server has escaped it; the page's policy runs no script of it
    return template.content;
  };

  const listen = (asked, heard) => {
    const stream = new EventSource(`/changes?since=${told.version}${asked}`);
    let lost = 0;
    stream.onopen = () => { clearTimeout(lost); lost = 0; say(""); };
    stream.onmessage = ({ data }) => heard(JSON.parse(data));
    stream.onerror = () => {
      lost ||= setTimeout(() => say("The program that shows this does not reply. What you see is "
        + "how things stood; the runs go on without it."), 1500);
      if (stream.readyState === EventSource.CLOSED)  // it was refused, which nothing mends by itself
        setTimeout(() => location.reload(), 5000);
    };
  };

  const list = () => {
    const chosen = () => [...document.querySelectorAll('input[name="run"]:checked')];
    const sift = () => {
      const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
      for (const row of $("runs").children) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
      $("none").hidden = $("runs").children.length > 0;
    };
    const ready = () => { $("compare").disabled = chosen().length < 2; };
    $("filter").addEventListener("input", sift);
    $("runs").addEventListener("change", ready);
    $("tools").addEventListener("submit", (event) => {
      event.preventDefault();
      const asked = chosen().map((box) => `run=${encodeURIComponent(box.value)}`);
      if (asked.length > 1) location.href = `/compare?${asked.join("&")}`;
    });
    listen("", ({ rows, order, tally }) => {
      const picked = new Set(chosen().map((box) => box.value));
      const there = new Map([...$("runs").children].map((row) => [row.dataset.id, row]));
      for (const [id, html] of Object.entries(rows)) {
        const row = made(html).firstElementChild;
        const box = row.querySelector("input");
        if (box) box.checked = picked.has(id);
        const old = there.get(id);
        const focus = old && old.contains(document.activeElement) && document.activeElement.tagName;
        if (old) old.replaceWith(row);
        if (focus) row.querySelector(focus)?.focus();
        there.set(id, row);
      }
      let place = $("runs").firstElementChild;
      for (const row of order.map((id) => there.get(id)).filter(Boolean)) {
        if (row === place) place = place.nextElementSibling;
        else $("runs").insertBefore(row, place);
      }
      const known = new Set(order);
      for (const [id, row] of there) if (!known.has(id)) row.remove();
      $("tally").textContent = tally;
      ready();
      sift();
    });
    sift();
  };

  const parts = () => {
    const address = (name) => told.parts.replace(/\/part\//, `/part/${name}`);
    const parts = [...document.querySelectorAll(".part")];
    const seen = new Set();
    const state = new Map(parts.map((part) => [part, { old: true, busy: false, next: 0 }]));
    const draw = async (part) => {
      const its = state.get(part);
      if (!its.old || its.busy || !seen.has(part) || document.hidden) return;
      const wait = its.soon ? 0 : its.next - performance.now();
      its.busy = true;
      if (wait > 0) await new Promise((done) => { its.wake = done; setTimeout(done, wait); });
      its.old = its.soon = false;
      const begun = performance.now();
      try {
        const answer = await fetch(address(part.dataset.part));
        const html = await answer.text();
        if (answer.ok) put(part, html);
        else if (answer.status === 409) {  // it can't be read; what was drawn of it stays
          if (part.classList.contains("told")) say(made(html).textContent);
          else part.replaceChildren(made(html));
        }
      } catch {
        its.old = true;  // the stream says what is wrong, and when it is over
      }
      its.next = performance.now() + Math.max(500, AT_MOST * (performance.now() - begun));
      its.busy = false;
      if (its.old) setTimeout(() => draw(part), its.soon ? 0 : 2000); else draw(part);
    };
    const put = (part, html) => {
      const fresh = made(html);
      for (const plot of fresh.querySelectorAll(".plot")) {  // it keeps its zoom, and does not flash
        const old = part.querySelector(`.plot[data-figure="${CSS.escape(plot.dataset.figure)}"]`);
        if (old) { old.style.height = plot.style.height; plot.replaceWith(old); }
      }
      part.replaceChildren(fresh);
      part.classList.add("told");
      showFigures(part);
    };
    const watcher = new IntersectionObserver((changes) => {
      for (const { target, isIntersecting } of changes) {
        if (isIntersecting) { seen.add(target); draw(target); } else seen.delete(target);
      }
    }, { rootMargin: "300px" });
    parts.forEach((part) => watcher.observe(part));
    const again = () => { for (const part of parts) { state.get(part).old = true; draw(part); } };
    document.addEventListener("visibilitychange", () => parts.forEach(draw));

    const runs = told.run.split(" ");
    let versions = "", statuses = "";
    const stop = $("stop");
    stop?.addEventListener("click", async () => {
      if (!confirm("Have this run stop once its round is over and saved?")) return;
      stop.disabled = true;
      try {
        const answer = await fetch(`/run/${runs[0]}/stop`,
          { method: "POST", headers: { "X-Ontogeny-Key": told.key } });
        const { said, error } = await answer.json();
        say(said || error);
        if (error) stop.disabled = false;
      } catch { stop.disabled = false; }
    });
    listen(runs.map((run) => `&run=${encodeURIComponent(run)}`).join(""), ({ runs: now, gone }) => {
      if (gone.length) say("This run is gone: its folder was moved or removed. What you see is how "
        + "it stood.");
      const one = now[runs[0]];
      if (told.page === "run" && one) {
        $("status").replaceChildren(made(one.mark));
        $("then").textContent = one.then;
        if (stop) stop.hidden = one.status !== "growing";
        if (one.status !== "growing" && stop?.disabled) { stop.disabled = false; say(""); }
      }
      const stand = Object.values(now).map((run) => run.status).join();
      if (stand !== statuses) {  // how it ended is not waited for
        statuses = stand;
        for (const its of state.values()) { its.soon = true; its.wake?.(); }
      }
      const are = Object.values(now).map((run) => run.version).join();
      if (are !== versions) { versions = are; again(); }
    });
  };

  if (told.page === "list") list(); else parts();
})();
