// What the form of a webhook does beyond plain HTML. Everything works without
// this script: it only does at once what the server does when the form is
// posted. Where an element is missing, it leaves the page as it is.
(() => {
  'use strict';

  const form = document.getElementById('mw-form');
  const data = document.getElementById('mw-starters');
  if (!form || !data) return;

  const starters = JSON.parse(data.textContent);
  const field = (name) => form.elements[name];
  const headers = field('header_template');
  const body = field('body_template');
  const address = field('url');
  const id = field('webhook_id');
  const folded = document.getElementById('mw-texts');
  const event = () => field('event_type')?.value ?? '';
  const start = () => field('start_from')?.value ?? '';
  if (!headers || !body || !address || !folded) return;

  // The texts to start from follow the event and the choice, until something
  // else is typed. What was typed comes back with the choice of one's own text.

  const offers = Object.values(starters).flatMap((texts) => Object.values(texts));
  const isOffered = (text, part) => text === '' || offers.some((offer) => offer[part] === text);
  const areOffered = () => isOffered(headers.value, 'headers') && isOffered(body.value, 'body');
  let own = null;

  const show = (texts) => {
    headers.value = texts.headers;
    body.value = texts.body;
  };

  const followStart = () => {
    const offer = starters[event()]?.[start()];
    if (!offer) {
      if (own) show(own);
      folded.open = true;
      return;
    }
    if (!areOffered()) own = { headers: headers.value, body: body.value };
    show(offer);
  };

  const followEvent = () => {
    const offer = starters[event()]?.[start()];
    if (offer && areOffered()) show(offer);
    for (const list of form.querySelectorAll('.mw-variables')) list.hidden = list.dataset.event !== event();
  };

  const followTyping = () => {
    const choice = form.querySelector('[name="start_from"][value="own"]');
    if (choice && !areOffered()) choice.checked = true;
  };

  // The ID that an empty field becomes stands in it, as long as it is empty.

  const followID = () => {
    if (!id || id.type === 'hidden') return;
    let host = '';
    try {
      host = new URL(address.value.trim()).hostname;
    } catch {
      // There is no address yet.
    }
    id.placeholder = host && event() ? Array.from(`${event()}-${host}`).slice(0, 128).join('') : '';
  };

  // A click on a variable writes it where the cursor was.

  let target = body;
  const insert = (text) => {
    target.setRangeText(text, target.selectionStart, target.selectionEnd, 'end');
    target.dispatchEvent(new Event('input', { bubbles: true }));
    target.focus();
  };

  for (const tag of form.querySelectorAll('.mw-ways .mw-tag')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = `${tag.className} mw-insert`;
    button.dir = tag.dir;
    button.textContent = tag.textContent;
    button.addEventListener('click', () => insert(button.textContent));
    tag.replaceWith(button);
  }

  // The preview follows what is typed, after a pause, below the texts. Only its
  // verdict is announced.

  const previewButton = document.getElementById('mw-preview-button');
  const place = document.createElement('div');
  const announcer = document.createElement('p');
  announcer.className = 'mw-hidden';
  announcer.setAttribute('aria-live', 'polite');
  form.append(announcer);

  const keepInView = (change) => {
    const before = body.getBoundingClientRect().top;
    change();
    window.scrollBy(0, body.getBoundingClientRect().top - before);
  };

  const showPreview = (html) => {
    // A template does nothing with the styles and scripts of the host's layout,
    // whose nonce is another than this page's.
    const page = document.createElement('template');
    page.innerHTML = html;
    const preview = page.content.querySelector('#mw-preview');
    if (!preview) return;
    for (const element of preview.querySelectorAll('[autofocus]')) element.removeAttribute('autofocus');
    const open = [...place.querySelectorAll('details')].map((details) => details.open);
    preview.querySelectorAll('details').forEach((details, i) => { details.open = open[i] ?? details.open; });
    keepInView(() => {
      document.getElementById('mw-preview')?.remove();
      place.replaceChildren(preview);
      if (!place.isConnected) body.closest('.mw-field').after(place);
    });
    const verdict = preview.querySelector('#mw-verdict')?.textContent ?? '';
    if (announcer.textContent !== verdict) announcer.textContent = verdict;
  };

  let timer = 0;
  let asked = null;
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(previewButton.formAction, {
        method: 'POST',
        body: new URLSearchParams(new FormData(form)),
        credentials: 'same-origin',
        signal: asked.signal,
      });
      if (answer.ok) showPreview(await answer.text());
    } catch {
      // The next pause asks again; the button always does.
    }
  };

  const previewSoon = () => {
    clearTimeout(timer);
    if (previewButton && folded.open) timer = setTimeout(ask, 700);
  };

  form.addEventListener('focusin', ({ target: focused }) => {
    if (focused === headers || focused === body) target = focused;
  });
  form.addEventListener('input', ({ target: changed }) => {
    if (changed === headers || changed === body) followTyping();
    if (changed.name === 'event_type') followEvent();
    if (changed.name === 'start_from') followStart();
    followID();
    previewSoon();
  });
  form.addEventListener('submit', () => clearTimeout(timer));
  followID();
})();
