// What is wrong with how a page looks: text that is hard to read, and what is wider than the screen. A test injects it; pages
// themselves run nothing.
const wrong = new Set();
const numbers = (text) => text.split(/[\s,\/]+/).filter(Boolean).map(Number);

function colour(text) {
  let found = text.match(/^rgba?\(([^)]+)\)$/);
  if (found) { const [r, g, b, a = 1] = numbers(found[1]); return [r, g, b, a]; }
  found = text.match(/^color\(srgb ([^)]+)\)$/);
  if (found) { const [r, g, b, a = 1] = numbers(found[1]); return [r * 255, g * 255, b * 255, a]; }
  wrong.add('a colour that this test cannot read: ' + text);
  return [0, 0, 0, 1];
}

const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])).concat(1);

function ground(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) {
    const style = getComputedStyle(at);
    const own = colour(style.backgroundColor);
    if (own[3] > 0) layers.push(own);
    if (own[3] === 1) break;
    if (style.backgroundImage !== 'none') wrong.add('text on a picture: ' + named(at));
  }
  const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
  return layers.reverse().reduce((under, top) => over(top, under), canvas);
}

function light([r, g, b]) {
  const part = (value) => { const v = value / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}

function contrast(one, other) {
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

const named = (element) => '<' + element.tagName.toLowerCase() + (element.id ? ' id=' + element.id : '') +
  (element.className ? ' class=' + element.className : '') + '> ' + (element.textContent || element.value || '').trim().slice(0, 40);

function read(element) {
  if (!element.checkVisibility({ visibilityProperty: true }) || element.disabled) return;
  let ink = colour(getComputedStyle(element).color);
  for (let at = element; at; at = at.parentElement) ink[3] *= Number(getComputedStyle(at).opacity);
  const below = ground(element);
  const ratio = contrast(over(ink, below), below);
  if (ratio < 4.5) wrong.add('contrast ' + ratio.toFixed(2) + ': ' + named(element));
}

const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const elements = new Set(document.querySelectorAll('input, select, textarea, button'));
while (walker.nextNode()) if (walker.currentNode.data.trim()) elements.add(walker.currentNode.parentElement);
elements.forEach(read);

const screen = window.innerWidth;
const scrolls = (element) => {
  for (let at = element.parentElement; at; at = at.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
  }
  return false;
};
if (document.documentElement.scrollWidth > screen) {
  wrong.add('wider than the screen by ' + (document.documentElement.scrollWidth - screen) + ' pixels');
}
const far = [];
for (const element of document.body.querySelectorAll('*')) {
  const box = element.getBoundingClientRect();
  if (!box.width || !element.checkVisibility()) continue;
  const control = element.matches('input, select, textarea, button');
  if (control ? box.width > screen : box.right > screen + 1 && !scrolls(element)) far.push(element);
}
// What reaches out furthest tells the cause; what it takes along does not.
const edge = Math.max(...far.map((element) => element.getBoundingClientRect().right));
const reasons = far.filter((element) => element.getBoundingClientRect().right > edge - 1 && !far.some((other) => other !== element && element.contains(other)));
reasons.slice(0, 3).forEach((element) => wrong.add('not on a screen of ' + screen + ' pixels: ' + named(element)));
for (const picture of document.images) {
  if (!picture.complete || !picture.naturalWidth) wrong.add('a picture that is not there: ' + picture.getAttribute('src'));
}
return [...wrong];
