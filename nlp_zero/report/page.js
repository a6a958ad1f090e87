// Fills the page: the table of words, with contexts that open on a click, and the charts, which follow the colours of
// the page.
const data = JSON.parse(document.getElementById("data").textContent);
const labels = data.labels;
const dark = matchMedia("(prefers-color-scheme: dark)");
const names = Object.keys(data.table);
const wholeNumbers = new Set(["count", "occurrences", "documents"]);
const numberFormat = new Intl.NumberFormat("en");

function toRecords(columns) {
  const keys = Object.keys(columns);
  return columns[keys[0]].map((_, row) => Object.fromEntries(keys.map((key) => [key, columns[key][row]])));
}
const records = toRecords(data.table);

function escapeText(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span.innerHTML;
}

// --- the table

function describeColumn(name) {
  const column = { data: name, title: `<span title="${labels["hint_" + name] ?? ""}">${labels[name]}</span>` };
  if (name === "word") {
    column.render = (word, kind) =>
      kind === "display" ? `<button class="word" aria-expanded="false">${escapeText(word)}</button>` : word;
  } else if (name === "is_new") {
    column.render = (flag, kind) => (kind === "display" ? (flag ? labels.new : "") : flag);
    column.className = "dt-center";
  } else {
    column.searchable = false;
    column.className = "dt-right";
    column.render = (value, kind) => {
      if (kind !== "display") return value ?? -Infinity;
      if (value === null) return "–";
      return wholeNumbers.has(name) ? numberFormat.format(value) : value.toFixed(2);
    };
  }
  return column;
}

function showContexts(word) {
  const box = document.createElement("div");
  const found = data.contexts[word] ?? [];
  box.className = found.length ? "contexts" : "note";
  if (!found.length) box.textContent = labels.no_contexts;
  for (const [before, middle, after] of found) {
    for (const [tag, text] of [["div", before], ["mark", middle], ["div", after]]) {
      const cell = document.createElement(tag);
      const inner = document.createElement("bdi");
      inner.textContent = text;
      cell.append(inner);
      box.append(cell);
    }
  }
  return box;
}

async function fillTable() {
  const source = atob(document.getElementById("tables-script").textContent);
  const bytes = Uint8Array.from(source, (character) => character.charCodeAt(0));
  const url = URL.createObjectURL(new Blob([bytes], { type: "text/javascript" }));
  const { default: DataTable } = await import(url);
  URL.revokeObjectURL(url);
  const firmness = names.indexOf(names.includes("firmness") ? "firmness" : "count");
  const table = new DataTable("#words", {
    data: records,
    columns: names.map(describeColumn),
    order: [[firmness, "desc"]],
    pageLength: 25,
    deferRender: true,
    autoWidth: false,
    language: {
      search: labels.search,
      info: labels.page_info,
      infoEmpty: labels.page_none,
      infoFiltered: labels.page_filtered,
      zeroRecords: labels.page_empty,
      emptyTable: labels.page_empty,
      lengthMenu: labels.page_length,
      paginate: { first: labels.first, last: labels.last, next: labels.next, previous: labels.previous },
    },
  });
  document.getElementById("words").addEventListener("click", (event) => {
    const button = event.target.closest(".word");
    if (!button) return;
    const row = table.row(button.closest("tr"));
    if (row.child.isShown()) row.child.hide();
    else row.child(showContexts(row.data().word)).show();
    button.setAttribute("aria-expanded", String(row.child.isShown()));
  });
  const onlyNew = document.getElementById("only-new");
  onlyNew?.addEventListener("change", () => {
    table.column(names.indexOf("is_new")).search(onlyNew.checked ? "1" : "").draw();
  });
}

// --- the charts

function readColours() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(name).trim();
}

function configureCharts() {
  const colour = readColours();
  const text = { labelColor: colour("--ink"), titleColor: colour("--faint"), labelFontSize: 12, titleFontSize: 12 };
  return {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, labelOverlap: "greedy", labelSeparation: 8, titleFontWeight: "normal", gridColor: colour("--line"), domainColor: colour("--line"), tickColor: colour("--line") },
    legend: { ...text, orient: "top" },
    text: { color: colour("--ink") },
    line: { color: colour("--accent") },
    point: { color: colour("--accent") },
    bar: { color: colour("--accent") },
    circle: { color: colour("--accent") },
    range: { category: [colour("--accent"), colour("--second")] },
  };
}

async function drawCharts() {
  const config = configureCharts();
  for (const box of document.querySelectorAll("[data-chart]")) {
    const spec = data.charts[box.dataset.chart];
    const named = spec.data?.name;
    const datasets = named === "words" ? { words: records } : named ? { [named]: toRecords(data[named]) } : undefined;
    await window.vegaEmbed(box, { ...spec, config, datasets }, {
      actions: false,
      renderer: named ? "canvas" : "svg",
      tooltip: { theme: dark.matches ? "dark" : "light" },
    });
  }
}

function followColours() {
  document.documentElement.classList.toggle("dark", dark.matches);
  return drawCharts();
}

dark.addEventListener("change", followColours);
await Promise.all([fillTable(), followColours()]);
document.documentElement.dataset.ready = "true";
