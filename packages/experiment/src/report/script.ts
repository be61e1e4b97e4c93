/** The one script of a report: its button goes from the theme that shows to the other one. */
export const script = `
const button = document.querySelector('.toggle');
const root = document.documentElement;
const system = matchMedia('(prefers-color-scheme: dark)');
const current = () => root.dataset.theme ?? (system.matches ? 'dark' : 'light');
const label = () => { button.textContent = current() === 'dark' ? 'Light theme' : 'Dark theme'; };
button.hidden = false;
button.addEventListener('click', () => { root.dataset.theme = current() === 'dark' ? 'light' : 'dark'; label(); });
system.addEventListener('change', label);
label();
`;

/** SHA-256 of the script in base64, by which the report's content policy allows this script and no other. */
export const scriptHash = 'ciDX7fvgNDpKrT6a4A6CWyC5JbQvbVhzjUaFQdzSiQI=';
