// Elements made of tag, attributes and children. Text becomes text nodes, never markup: whatever a title holds, it is
// shown as it was written.
type Attributes = Record<string, string | number | boolean | ((event: Event) => unknown)>;

export function el<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: (Node | string | null)[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
