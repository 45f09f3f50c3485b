// Every place of a page, or of a picture alone, where text is cut off, runs into other text, or makes the
// page wider than its screen. Returns a list of complaints; none is what a test wants.
(async () => {
  // The fonts of text that has not been laid out yet are not asked for.
  document.documentElement.getBoundingClientRect();
  await document.fonts.ready;
  const found = [];
  const say = (what, text, more = '') =>
    found.push(`${what}: "${text.replace(/\s+/g, ' ').trim().slice(0, 60)}" ${more}`);
  const round = ({ left, right, top, bottom }) =>
    `[${[left, right, top, bottom].map(Math.round).join(' ')}]`;

  const wide = document.documentElement.scrollWidth;
  if (document.body && wide > window.innerWidth + 1)
    say('the page is wider than its screen', '', `${wide} > ${window.innerWidth}`);

  // Text in pictures: within its picture, and on no other text.
  const boxes = [];
  const pictures = document.querySelectorAll('svg');
  for (const picture of pictures) {
    const frame = picture.getBoundingClientRect();
    const own = [];
    for (const text of picture.querySelectorAll('text')) {
      const box = text.getBoundingClientRect();
      if (box.width === 0) continue;
      if (box.left < frame.left - 1 || box.right > frame.right + 1 ||
          box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        say('outside of its picture', text.textContent, `${round(box)} in ${round(frame)}`);
      own.push({ box, words: text.textContent });
    }
    boxes.push(own);
  }

  // Text of the page: each line of each node within the cell or the screen, and on no other text.
  const page = [];
  if (document.body) {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walk.nextNode(); node; node = walk.nextNode()) {
      const parent = node.parentElement;
      if (!node.data.trim() || parent.closest('svg') || !parent.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const cell = parent.closest('td, th');
      const frame = cell ? cell.getBoundingClientRect() : { left: 0, right: window.innerWidth };
      for (const box of range.getClientRects()) {
        if (box.width === 0) continue;
        if (box.left < frame.left - 1 || box.right > frame.right + 1)
          say('outside of its box', node.data, `${round(box)} in ${Math.round(frame.left)} ${Math.round(frame.right)}`);
        page.push({ box, words: node.data });
      }
    }
  }
  boxes.push(page);

  for (const own of boxes) {
    own.sort((a, b) => a.box.top - b.box.top);
    own.forEach(({ box, words }, place) => {
      for (let next = place + 1; next < own.length && own[next].box.top < box.bottom; next++) {
        const other = own[next].box;
        const across = Math.min(box.right, other.right) - Math.max(box.left, other.left);
        const down = Math.min(box.bottom, other.bottom) - other.top;
        // Boxes hold the space above and below the letters: less than a third of a line is no overlap.
        if (across > 1 && down > Math.min(box.height, other.height) / 3)
          say('on other text', words, `and "${own[next].words.trim().slice(0, 60)}" ${round(box)} ${round(other)}`);
      }
    });
  }

  // What scrolls says so, and nothing scrolls on paper.
  const print = matchMedia('print').matches;
  for (const frame of document.querySelectorAll('.wide, .picture')) {
    if (frame.scrollWidth <= frame.clientWidth + 1) continue;
    const told = frame.matches('.picture')
      ? getComputedStyle(frame.parentElement.querySelector('figcaption'), '::before').content
      : getComputedStyle(frame.previousElementSibling, '::after').content;
    const bar = frame.offsetHeight - frame.clientHeight >= 8;
    if (print || (told === 'none' && !bar))
      say('cut off without a hint', frame.textContent, `${frame.scrollWidth} in ${frame.clientWidth}`);
  }
  return found;
})()
