// Opens the page of a running venue as people do, and fails unless it is whole and alive:
//
//   node venue.mjs CARD.json SHOTS-DIR
//
// CARD is what "breakwater venue --json" prints. Looks at it on a desktop, a phone, in the
// dark and without JavaScript; presses a button and sees the next request suffer for it;
// tries it from a foreign site. The console is silent, nothing is wider than the screen, no
// request leaves for elsewhere.
import { createRequire } from 'node:module';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const { chromium } = createRequire(path.join(process.env.NODE_TOOLS, 'x.js'))('playwright-core');
const [file, out] = process.argv.slice(2);
const card = JSON.parse(fs.readFileSync(file));
fs.mkdirSync(out, { recursive: true });
const faults = [];

// call sends a signed request to the venue; "" when the answer is lost.
let nonce = Date.now() * 1000;
async function call(name, fields) {
  const body = new URLSearchParams({ nonce: String(++nonce), ...fields }).toString();
  const at = '/0/private/' + name;
  const inner = crypto.createHash('sha256').update(nonce + body).digest();
  const sign = crypto.createHmac('sha512', Buffer.from(card.secret, 'base64')).update(at).update(inner).digest('base64');
  try {
    const answer = await fetch(card.rest + at, { method: 'POST', body, headers: { 'API-Key': card.key, 'API-Sign': sign, 'Content-Type': 'application/x-www-form-urlencoded' } });
    return await answer.text();
  } catch {
    return '';
  }
}

const looks = [
  { name: 'desktop', viewport: { width: 1280, height: 1000 } },
  { name: 'dark', viewport: { width: 1280, height: 1000 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 },
  { name: 'without-javascript', viewport: { width: 1280, height: 1000 }, javaScriptEnabled: false },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function open(look) {
  const { name, ...options } = look;
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const home = new URL(card.page).origin;
  page.on('console', (m) => faults.push(`${name}: console ${m.type()}: ${m.text()}`));
  page.on('pageerror', (e) => faults.push(`${name}: error: ${e.message}`));
  page.on('request', (r) => { if (new URL(r.url()).origin !== home && !r.url().startsWith('data:')) faults.push(`${name}: request leaves: ${r.url()}`); });
  await page.goto(card.page, { waitUntil: 'domcontentloaded' });
  if (page.url() !== home + '/') faults.push(`${name}: the token stays in the address: ${page.url()}`);
  return page;
}

const resting = { pair: 'XBTCAD', type: 'buy', ordertype: 'limit', volume: '0.01', price: '-5%' };
await call('AddOrder', resting);
await call('AddOrder', { pair: 'XBTCAD', type: 'sell', ordertype: 'market', volume: '0.02' });
await call('CancelOrder', { txid: 'OAAAAA-AAAAAA-AAAAAA' });

for (const look of looks) {
  const page = await open(look);
  const say = (fault) => faults.push(`${look.name}: ${fault}`);
  for (const [id, text] of [['state', 'online'], ['book', 'spread'], ['trades', 'price'], ['orders', 'buy 0.01000000 XBTCAD'], ['balances', 'CAD'], ['requests', 'EOrder:Unknown order']]) {
    const shown = await page.locator('#' + id).innerText();
    if (!shown.includes(text)) say(`#${id} lacks ${text}: ${shown.slice(0, 200)}`);
  }
  if (await page.locator('#chart polyline').count() !== 1) say('there is no chart');
  if (look.javaScriptEnabled !== false) {
    // The stream shows what happens without a reload.
    const mark = 'mark' + look.name;
    await call('AddOrder', { ...resting, cl_ord_id: mark });
    await page.locator('#requests', { hasText: mark }).waitFor({ timeout: 10000 }).catch(() => say('a request does not appear'));
    // A button puts a fault in force, and the next request meets it.
    await page.getByRole('button', { name: 'is placed, answered 502' }).click();
    await page.locator('#faults', { hasText: 'apply-then-502' }).waitFor({ timeout: 10000 }).catch(() => say('the fault does not appear'));
    await page.screenshot({ path: path.join(out, `venue-${look.name}.png`), fullPage: true });
    const answer = await call('AddOrder', resting);
    if (!answer.includes('502')) say(`the fault does not act: ${answer.slice(0, 100)}`);
    await page.locator('#requests .badge', { hasText: 'apply-then-502' }).first().waitFor({ timeout: 10000 }).catch(() => say('the fault is not told of'));
  } else {
    await page.getByRole('button', { name: 'post only', exact: true }).click();
    if (!(await page.locator('#state').innerText()).includes('post_only')) say('a button without JavaScript does nothing');
    await page.screenshot({ path: path.join(out, `venue-${look.name}.png`), fullPage: true });
    await page.getByRole('button', { name: 'online', exact: true }).click();
  }
  const wide = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
  if (wide > 0) say(`${wide} pixels wider than the screen`);
  await page.context().close();
}

// A foreign site, in a browser that has the cookie: it may do nothing and read nothing.
{
  const site = http.createServer((_, w) => { w.setHeader('Content-Type', 'text/html'); w.end('<title>foreign</title>'); }).listen(0, '127.0.0.1');
  await new Promise((done) => site.once('listening', done));
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(card.page);
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  const tried = await page.evaluate(async (home) => {
    const body = new URLSearchParams({ do: 'PUT /sim/mode', body: '{"mode":"maintenance"}' });
    const result = {};
    try { await fetch(home + '/act', { method: 'POST', body, mode: 'no-cors', credentials: 'include' }); } catch (e) { result.act = e.message; }
    try { result.read = (await fetch(home + '/', { credentials: 'include' })).status; } catch (e) { result.read = 'refused'; }
    return result;
  }, new URL(card.page).origin);
  if (tried.read !== 'refused') faults.push(`foreign site: it reads the page: ${JSON.stringify(tried)}`);
  await page.setContent(`<form method="post" action="${new URL(card.page).origin}/act"><input name="do" value="PUT /sim/mode"><input name="body" value='{"mode":"maintenance"}'><button>win</button></form>`);
  await page.getByRole('button').click();
  await page.waitForLoadState();
  const status = await (await fetch(card.control + '/status', { headers: { Authorization: 'Bearer ' + card.token } })).json();
  if (status.mode !== 'online') faults.push(`foreign site: the venue is in ${status.mode}`);
  await context.close();
  site.close();
}

await browser.close();
for (const f of faults) console.error('venue page: ' + f);
console.log(`the venue's page: ${looks.length} looks, ${faults.length} faults`);
process.exit(faults.length ? 1 : 0);
