// Making elements, and changing no more of the page than has changed.

/** A new element with these attributes and this text. */
export function element(tag, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

/** Brings `list` to `[{ name, sign, make }]`: an item stays as it is while its sign does, so that focus, selection and what a
 *  screen reader has read are not lost. */
export function bring(list, items) {
  const old = new Map([...list.children].map((child) => [child.dataset.name, child]));
  let place = list.firstElementChild;
  for (const { name, sign, make } of items) {
    let item = old.get(name);
    old.delete(name);
    if (!item || item.dataset.sign !== sign) {
      const fresh = make();
      Object.assign(fresh.dataset, { name, sign });
      if (item) {
        if (item === place) place = fresh;
        item.replaceWith(fresh);
      }
      item = fresh;
    }
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
  for (const gone of old.values()) gone.remove();
}

/** Sets a text, unless it is there already. */
export function put(place, text) {
  if (place.textContent !== text) place.textContent = text;
}
