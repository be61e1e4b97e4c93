export { claimFolder } from './claim-folder';
export { engineFlags, startEngine } from './engine-option';
export { readBytes, readText, writeWhole } from './files';
export { parseJson } from './parse-json';
export { listOption, numberOption, requiredOption, textOption, wordOption } from './options';
