// Opens a report as a reader would, with the network cut, and fails unless it is whole:
//
//   node browser.mjs REPORT.html SHOTS-DIR interactive|static
//   node browser.mjs REPORT.html PICTURE.png picture
//
// interactive: the charts' script is in the page, and every chart of it has drawn.
// static: it is not, and the pictures show everything, with JavaScript and without.
// Either way: no request leaves, the console is silent, nothing is wider than a phone.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import fs from 'node:fs';

const { chromium } = createRequire(path.join(process.env.NODE_TOOLS, 'x.js'))('playwright-core');
const [report, out, mode] = process.argv.slice(2);
const url = pathToFileURL(path.resolve(report)).href;
const picturesMin = 4; // equity, underwater, price, round trips; the heat map of months is a table

const looks = [
  { name: 'desktop', viewport: { width: 1280, height: 900 } },
  { name: 'phone', viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 },
  { name: 'dark', viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
  { name: 'paper', viewport: { width: 794, height: 1123 }, print: true },
  { name: 'without-javascript', viewport: { width: 1280, height: 900 }, javaScriptEnabled: false },
];

// What the page shows, asked inside it. A picture is an <img> or an inline <svg> that takes
// up room and is not empty; a chart is an element that echarts has drawn into.
const look = () => {
  const shown = (e) => { const b = e.getBoundingClientRect(); return b.width > 100 && b.height > 60; };
  const charts = [...document.querySelectorAll('[_echarts_instance_]')];
  const drawn = (e) => {
    if (e.querySelector('svg path')) return true;
    const c = e.querySelector('canvas');
    if (!c || !c.width) return false;
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    const seen = new Set();
    for (let i = 0; i < d.length && seen.size < 3; i += 4 * 97) if (d[i + 3]) seen.add((d[i] << 16) | (d[i + 1] << 8) | d[i + 2]);
    return seen.size > 1;
  };
  const inChart = (e) => e.closest('[_echarts_instance_]');
  const pictures = [...document.querySelectorAll('img, svg')].filter((e) => !inChart(e) && shown(e));
  return {
    pictures: pictures.length,
    broken: [...document.images].filter((i) => !i.complete || !i.naturalWidth).length + pictures.filter((e) => e.tagName === 'svg' && !e.querySelector('path,line,rect,polyline,polygon')).length,
    charts: charts.filter(shown).length,
    undrawn: charts.filter((e) => shown(e) && !drawn(e)).length,
    wide: document.scrollingElement.scrollWidth - innerWidth,
    title: document.title,
    months: [...document.querySelectorAll('table')].filter((t) => shown(t) && /Jan[\s\S]*Dec/.test(t.innerText)).length,
    text: document.body.innerText.length,
  };
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const faults = [];

async function open(l) {
  const { name, print, ...options } = l;
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  page.on('console', (m) => faults.push(`${name}: console ${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => faults.push(`${name}: error: ${e.message}`));
  page.on('request', (r) => { if (r.url() !== url && !/^(data|blob):/.test(r.url())) faults.push(`${name}: request leaves: ${r.url().slice(0, 200)}`); });
  await page.route('**', (r) => (r.request().url() === url ? r.continue() : r.abort()));
  if (print) await page.emulateMedia({ media: 'print' });
  await page.goto(url, { waitUntil: 'load' });
  // Charts below the fold may draw when they come into view; two frames of silence end it.
  if (l.javaScriptEnabled !== false) await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight / 2) { scrollTo(0, y); await frame(); await frame(); }
    scrollTo(0, 0);
    await new Promise((done) => setTimeout(done, 1200)); // echarts animates for a second
  });
  return page;
}

if (mode === 'picture') {
  const page = await open({ name: 'picture', viewport: { width: 1120, height: 1440 } });
  await page.screenshot({ path: out });
} else {
  fs.mkdirSync(out, { recursive: true });
  for (const l of looks) {
    const page = await open(l);
    const saw = await page.evaluate(look);
    console.log(`${mode} ${l.name}: ${saw.pictures} pictures, ${saw.charts} charts, ${saw.text} characters`);
    const say = (fault) => faults.push(`${l.name}: ${fault}`);
    const live = mode === 'interactive' && !l.print && l.javaScriptEnabled !== false;
    if (live && saw.charts < picturesMin) say(`${saw.charts} interactive charts, want at least ${picturesMin}`);
    if (!live && saw.pictures < picturesMin) say(`${saw.pictures} pictures, want at least ${picturesMin}`);
    if (!saw.months) say('the heat map of months is missing');
    if (saw.broken) say(`${saw.broken} pictures are broken`);
    if (saw.undrawn) say(`${saw.undrawn} charts have drawn nothing`);
    if (!saw.title || saw.text < 500) say('the page has hardly any text');
    if (!l.print && saw.wide > 0) say(`${saw.wide} pixels wider than the screen`);
    await page.screenshot({ path: path.join(out, `${mode}-${l.name}.png`), fullPage: true });
    if (l.print) {
      const pdf = await page.pdf({ format: 'A4', printBackground: true });
      fs.writeFileSync(path.join(out, `${mode}-${l.name}.pdf`), pdf);
    }
    await page.context().close();
  }
}
await browser.close();
for (const f of faults) console.error(`browser: ${report}: ${f}`);
process.exit(faults.length ? 1 : 0);
