// Render every formula with the vendored KaTeX. Formulas arrive as \(...\) or \[...\]
// inside elements of class "arithmatex"; one that fails is shown in red by KaTeX, and the
// site check fails on it.
for (const element of document.querySelectorAll(".arithmatex")) {
  const source = element.textContent.trim();
  katex.render(source.slice(2, -2), element, {
    displayMode: source.startsWith("\\["),
    throwOnError: false,
    strict: "error",
  });
  // Browsers may break a line between a formula and the comma that follows it.
  const next = element.nextSibling;
  const mark = element.tagName === "SPAN" && /^[.,;:!?)\]”’]+/.exec(next?.nodeValue ?? "");
  if (mark) {
    next.nodeValue = next.nodeValue.slice(mark[0].length);
    const together = document.createElement("span");
    together.className = "together";
    element.replaceWith(together);
    together.append(element, mark[0]);
  }
}

// What is wider than the screen scrolls in place; let the keyboard reach it too.
const wide = "div.arithmatex, .md-typeset__scrollwrap, .md-typeset figure";
function letKeyboardScroll() {
  for (const element of document.querySelectorAll(wide))
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
}
addEventListener("load", () => document.fonts.ready.then(letKeyboardScroll));
addEventListener("resize", letKeyboardScroll);
