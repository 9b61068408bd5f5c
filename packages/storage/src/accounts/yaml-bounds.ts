/** A Secret of Kubernetes holds no more either. */
const maxLength = 2 ** 20;
const maxBrackets = 4000;
const maxIndicators = 20;
const maxIndentation = 100;

/**
 * Says how a text exceeds what a file of accounts may look like; `undefined`: it does not. To be asked before a parser of YAML,
 * which is recursive: depth comes of brackets, of indentation, and of list and key indicators in a row. Strings count like all else.
 */
export function checkYamlBounds(text: string): string | undefined {
  if (text.length > maxLength) return `is longer than ${maxLength} characters`;
  let brackets = 0;
  let indicators = 0;
  let indentation = 0;
  let isStart = true;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '\n' || character === '\r') {
      indicators = 0;
      indentation = 0;
      isStart = true;
    } else if (isStart && character === ' ') indentation += 1;
    else {
      isStart = false;
      if ('[]{}'.includes(character)) brackets += 1;
      else if ((character === '-' || character === '?') && isSpace(text[at + 1])) indicators += 1;
    }
    if (brackets > maxBrackets) return `has more than ${maxBrackets} brackets`;
    if (indicators > maxIndicators || indentation > maxIndentation) return 'is nested too deeply';
  }
  return undefined;
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
