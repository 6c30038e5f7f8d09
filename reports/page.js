(function () {
  "use strict";
  // Tables sort by a click on a head: numbers as numbers, everything else as text.
  function key(cell) {
    var v = cell.dataset.v || cell.textContent.trim();
    var n = parseFloat(v.replace(/[,\u00a0%+]/g, "").replace("\u2212", "-"));
    return cell.dataset.v || cell.classList.contains("n") ? (isNaN(n) ? -Infinity : n) : v;
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    var heads = Array.from(table.tHead.rows[0].cells), body = table.tBodies[0];
    heads.forEach(function (head, i) {
      head.querySelector("button").addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "descending" ? 1 : -1;
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down < 0 ? "descending" : "ascending");
        var rows = Array.from(body.rows).map(function (r) { return { k: key(r.cells[i]), r: r }; });
        rows.sort(function (a, b) { return a.k < b.k ? -down : a.k > b.k ? down : 0; });
        rows.forEach(function (x) { body.appendChild(x.r); });
      });
    });
  });
  // Where the charts' script is built in, charts take the place of the pictures. Colours
  // come from the style sheet, so they follow light and dark.
  if (typeof echarts === "undefined") return;
  var charts = [];
  function draw() {
    if (matchMedia("print").matches) return; // paper has the pictures
    charts.forEach(function (c) { c.dispose(); });
    charts = [];
    var css = getComputedStyle(document.documentElement);
    document.querySelectorAll("script[data-for]").forEach(function (data) {
      var figure = document.querySelector('figure[data-chart="' + data.dataset.for + '"]');
      if (!figure) return;
      var place = figure.querySelector(".live");
      if (!place) {
        place = document.createElement("div");
        place.className = "live";
        figure.appendChild(place);
      }
      place.style.height = Math.round(figure.clientHeight || 300) + "px";
      figure.classList.add("on");
      var text = data.textContent.replace(/var\((--[a-z-]+)\)/g, function (_, name) { return css.getPropertyValue(name).trim(); });
      var option = JSON.parse(text);
      if (option.tooltip) { option.tooltip.confine = true; option.tooltip.textStyle = { color: css.getPropertyValue("--ink").trim(), fontSize: 13 }; }
      option.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily };
      var chart = echarts.init(place, null, { renderer: "canvas" });
      chart.setOption(option);
      charts.push(chart);
    });
    if (charts.length > 1 && echarts.connect) echarts.connect(charts.filter(function (c) { return c.getOption().xAxis[0].type === "time"; }));
  }
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("resize", function () { charts.forEach(function (c) { c.resize(); }); });
})();
