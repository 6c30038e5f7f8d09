'use strict';
// Panels come rendered from the server; buttons are forms, sent without leaving the page.
const said = document.getElementById('said');
const source = new EventSource('/events' + location.search);
source.addEventListener('panel', (event) => {
  const panel = JSON.parse(event.data);
  const at = document.getElementById(panel.id);
  const left = at.scrollLeft;
  at.innerHTML = panel.html;
  at.scrollLeft = left;
});
source.addEventListener('open', () => document.querySelector('header').classList.remove('lost'));
source.addEventListener('error', () => document.querySelector('header').classList.add('lost'));
document.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const name = form.querySelector('button').textContent;
  try {
    const answer = await fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)), headers: { Accept: 'application/json' } });
    const text = await answer.text();
    said.className = answer.ok ? '' : 'bad';
    said.textContent = answer.ok ? name + ': done' : JSON.parse(text).error;
  } catch {
    said.className = 'bad';
    said.textContent = name + ': the venue does not answer';
  }
});
