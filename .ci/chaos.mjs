// Opens the page of the scenarios as a reader would, with the network cut, and fails unless it
// is whole:
//
//   node chaos.mjs CHAOS.html SHOTS-DIR
//
// Every scenario has its picture, a link of the matrix opens what it names, no request leaves, the
// console is silent, and nothing is wider than a phone.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import fs from 'node:fs';

const { chromium } = createRequire(path.join(process.env.NODE_TOOLS, 'x.js'))('playwright-core');
const [page, out] = process.argv.slice(2);
const url = pathToFileURL(path.resolve(page)).href;
const scenariosMin = 100;
const faults = [];
fs.mkdirSync(out, { recursive: true });

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
for (const [name, width, colorScheme] of [['desktop', 1280, 'light'], ['phone', 390, 'light'], ['dark', 1280, 'dark']]) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
  const tab = await context.newPage();
  const wrong = (what) => faults.push(`${name}: ${what}`);
  tab.on('console', (m) => wrong(`the console says ${m.text()}`));
  tab.on('pageerror', (e) => wrong(`it throws ${e.message}`));
  tab.on('request', (r) => r.url().startsWith('file:') || wrong(`it asks for ${r.url()}`));
  await tab.goto(url);
  const seen = await tab.evaluate(() => {
    const all = [...document.querySelectorAll('details.scenario')];
    for (const d of all) d.open = true;
    const small = all.filter((d) => { const s = d.querySelector('svg')?.getBoundingClientRect(); return !s || s.width < 300 || s.height < 100; });
    const seen = { all: all.length, small: small.map((d) => d.id), wide: document.documentElement.scrollWidth, lost: [...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href').slice(1)).filter((id) => !document.getElementById(id)) };
    for (const d of all) d.open = false;
    return seen;
  });
  if (seen.all < scenariosMin) wrong(`${seen.all} scenarios`);
  if (seen.small.length) wrong(`no picture of ${seen.small}`);
  if (seen.lost.length) wrong(`links lead nowhere: ${seen.lost}`);
  if (seen.wide > width) wrong(`it is ${seen.wide} pixels wide`);
  const link = tab.locator('a.chip').first();
  const id = (await link.getAttribute('href')).slice(1);
  await link.click();
  if (!await tab.locator(`details#${id}`).evaluate((d) => d.open)) wrong(`the link to ${id} does not open it`);
  await tab.locator(`details#${id}`).screenshot({ path: path.join(out, `${name}.png`) });
  await context.close();
}
await browser.close();
for (const f of faults) console.error(f);
console.log(`chaos.html: ${faults.length === 0 ? 'whole, wide, narrow and dark' : `${faults.length} faults`}`);
process.exit(faults.length ? 1 : 0);
