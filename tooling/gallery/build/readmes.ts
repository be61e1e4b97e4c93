import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Marked, type Tokens } from 'marked';
import type { Plugin } from 'vite';
import { packagesDir, publicDir } from './paths.ts';

/** The README of every package as a page of the site. */
export function galleryReadmes(): Plugin {
  return {
    name: 'gallery-readmes',
    async configResolved() {
      const out = join(publicDir, 'readme');
      await rm(out, { recursive: true, force: true });
      await mkdir(out, { recursive: true });
      await copyFile(join(import.meta.dirname, '../src/style.css'), join(out, 'style.css'));
      for (const name of await readdir(packagesDir)) {
        const file = join(packagesDir, name, 'README.md');
        if (existsSync(file))
          await writeFile(join(out, `${name}.html`), readmePage(name, await readFile(file, 'utf8')));
      }
    },
  };
}

const isElsewhere = (href: string): boolean => /^(https?:|#)/.test(href);

const markdown = new Marked({
  renderer: {
    // Addresses within the repository lead nowhere from here: what they are called stays.
    link({ href, tokens }: Tokens.Link) {
      const text = this.parser.parseInline(tokens);
      return isElsewhere(href) ? `<a href="${escaped(href)}">${text}</a>` : text;
    },
    image: ({ text }: Tokens.Image) => `<em>${escaped(text)}</em>`,
    // What may be wider than a phone scrolls by itself, also with a keyboard.
    code: ({ text }: Tokens.Code) => `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n`,
    html: ({ text }: Tokens.HTML | Tokens.Tag) => escaped(text),
  },
});

export function readmePage(name: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>@lab/${name}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="./style.css">
</head>
<body>
<a class="skip" href="#main">To the content</a>
<header class="top"><a class="brand" href="../index.html#/">Lab</a><nav aria-label="Pages"><a href="../index.html#/">Demonstrations</a></nav></header>
<main id="main" class="page"><article class="card readme">
${scrolling(markdown.parse(text, { async: false }))}</article></main>
</body>
</html>
`;
}

/** Tables scroll by themselves too; each has a name of its own for who hears the page. */
function scrolling(page: string): string {
  let count = 0;
  return page
    .replaceAll(
      '<table>',
      () => `<div class="scroll" tabindex="0" role="region" aria-label="Table ${++count}"><table>`,
    )
    .replaceAll('</table>', '</table></div>');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
