// The label that a reply names, for promptfoo: the same reading as core/prompts/answers.py, label_match.py and
// thoughts.py (tests/core/exports/test_parity.py holds the three languages to one table of replies). `labels`: the label
// set; `entities`: characters by their HTML names. What names no label of the set is given as it was read, folded.
// `form` is "label"; "labels", where a reply may name several (core/label_sets/answers.py): those, then what else it names;
// "answer": what a reply answers freely; "normalised": that, or the one label where it names it. `tagged`: the prompt asks for the <label> tag.
// Written to one line when it is exported (core/exports/promptfoo.py): a statement ends with a semicolon, a comment has
// lines of its own.
(output, labels, prefix, entities, form, tagged) => {
  const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const INVISIBLE = "\\xad\\u200b-\\u200f\\u2060\\ufe0e\\ufe0f\\ufeff";
  const pattern = (source, flags) => new RegExp(source.replaceAll("~", `[${SPACE}]*`), flags);
  const without = (before, after) => {
    const [start, end] = [pattern(`[^${before}]`, "u"), new RegExp(`[${after}]`, "u")];
    return (text) => {
      const first = text.search(start);
      if (first < 0) return "";
      let last = text.length;
      while (end.test(text[last - 1])) last -= 1;
      return text.slice(first, last);
    };
  };
  const strip = without(SPACE, SPACE);
  const bare = without(SPACE + INVISIBLE, SPACE + INVISIBLE);
  const unwrap = without("\"'`*“”‘’„«»" + SPACE + INVISIBLE, "\"'`*“”‘’„«».。" + SPACE + INVISIBLE);

  // ---- label_match.py
  const casefold = (text) =>
    text.replaceAll("ẞ", "ss").split("ı").map((part) => part.toUpperCase().toLowerCase()).join("ı")
      .replaceAll("ς", "σ").replace(/[\uab70-\uabbf\u13f8-\u13fd]/g, (letter) => letter.toUpperCase());
  const words = new RegExp(`[${SPACE}]+`, "g");
  const fold = (text) => strip(casefold(text.normalize("NFKC")).normalize("NFKC")).replace(words, " ");
  const invisible = new RegExp(`[${INVISIBLE}]`, "g");
  const typed = (text) =>
    text.replace(/[‐‑‒–—―−]/g, "-").replace(/[‘’‚‛ʼ]/g, "'").replace(/[“”„‟]/g, '"').replace(invisible, "")
      .replace(/\\([!-/:-@[-`{-~])/g, "$1");
  const plain = (text) => fold(typed(text));
  const character = (entity, decimal, hexadecimal, name) => {
    const code = decimal ? parseInt(decimal, 10) : hexadecimal ? parseInt(hexadecimal, 16) : 0;
    if (name) return Object.hasOwn(entities, name) ? entities[name] : entity;
    return (code > 0 && code < 0xd800) || (code > 0xdfff && code < 0x110000) ? String.fromCodePoint(code) : entity;
  };
  const unescaped = (text) =>
    text.replace(/&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]{1,7}));/g, character);
  const PAIRS = "\"'`*_~“”‘’‚‛„«»‹›「」『』";
  const unwrapped = (text) => {
    const forms = [];
    let form = text;
    for (let times = 0; times < 8; times += 1) {
      if ([...form.slice(0, 6)].length > 2 && PAIRS.includes(form[0]) && PAIRS.includes(form.at(-1))) form = strip(form.slice(1, -1));
      else if (/[.。]$/.test(form.slice(-1))) form = strip(form.slice(0, -1));
      else break;
      forms.push(form);
    }
    forms.push(unwrap(text));
    return forms;
  };
  const formsOf = (text) => {
    const bases = [...new Set([strip(text), strip(unescaped(strip(text)))])];
    return [...bases, ...bases.flatMap(unwrapped)];
  };
  const longest = Math.max(0, ...labels.map((label) => label.length));
  const match = (text) => {
    if (strip(text).length > 100 * (1 + longest)) return "";
    const forms = formsOf(text);
    for (const same of [fold, plain]) {
      const wanted = labels.map((label) => [label, same(label)]);
      for (const form of forms) {
        if (labels.includes(form)) return form;
        const folded = same(form);
        const alike = wanted.filter((pair) => folded && pair[1] === folded).map((pair) => pair[0]);
        const exact = alike.filter((label) => strip(label) === form);
        if (alike.length) return exact.length === 1 ? exact[0] : alike.length === 1 ? alike[0] : "";
      }
    }
    return "";
  };

  // ---- thoughts.py
  const thought = pattern(
    "(<~(?:think|thinking|thoughts?|seed:think)~>|\\[think\\]|◁think▷|<\\|start_thinking\\|>" +
      "|<\\|channel\\|>(?!~final(?![a-z]))[^<]{0,80}<\\|message\\|>)" +
      "|<~/~(?:think|thinking|thoughts?|seed:think)~>|\\[/think\\]|◁/think▷|<\\|end_thinking\\|>" +
      "|<\\|channel\\|>~final(?![a-z])[^<]{0,80}<\\|message\\|>",
    "gi",
  );
  const withoutThoughts = (reply) => {
    let rest = [];
    let since = 0;
    let thinking = false;
    for (const mark of reply.matchAll(thought)) {
      const begins = mark[1] !== undefined;
      if (!begins && !thinking) rest = [];
      if (begins && thinking) continue;
      if (begins) rest.push(reply.slice(since, mark.index));
      since = mark.index + mark[0].length;
      thinking = begins;
    }
    if (!thinking) rest.push(reply.slice(since));
    const turns = rest.join("\n").split(/<\|(?:end|return|im_end|eot_id|endoftext)\|>|<end_of_turn>|<\/s>/);
    return turns.find((turn) => strip(turn)) ?? turns[0];
  };

  // ---- answers.py: an answer is its text, null where there is none
  const value = (text) => {
    const body = bare(text);
    if (!body.startsWith("{") || !body.endsWith("}") || body.split(/[{[]/).length > 301) return null;
    let content;
    try {
      content = JSON.parse(body.replace(/[\0-\x1f]/g, " "));
    } catch {
      return null;
    }
    if (!Object.hasOwn(content, "label")) return null;
    const label = content.label;
    if (typeof label === "number") {
      const numbers = [...body.matchAll(pattern('"label"~:~(-?[0-9.eE+-]+)', "g"))].map((found) => found[1]);
      return numbers.reverse().find((number) => Number(number) === label) ?? String(label);
    }
    return label === null || typeof label === "boolean" ? String(label) : typeof label === "string" ? label : null;
  };
  const meant = (text) => {
    const whole = /^(-?[0-9]+)\.0+$/.exec(text);
    if (match(text)) return text;
    return whole && match(whole[1]) ? whole[1] : text === "null" ? null : text;
  };
  const fenced = (text) => {
    const parts = text.split("```", 4);
    const line = parts.length === 3 ? parts[1].indexOf("\n") : -1;
    return line < 0 ? "" : parts[1].slice(line + 1);
  };
  const halfClosed = pattern("<(?:~/(?:~l(?:a(?:b(?:el?)?)?)?)?)?$", "i");
  const inTag = (text) => {
    let closed = null;
    let opened = [];
    for (const tag of text.matchAll(pattern("<~(?:(/)~)?label~>", "gi"))) {
      const span = [tag.index, tag.index + tag[0].length];
      if (!tag[1]) opened = [...opened.slice(-1), span];
      else if (opened.length) {
        closed = text.slice(opened.at(-1)[1], tag.index);
        opened = [];
      }
    }
    if (opened.length) {
      const last = opened.at(-1)[1];
      const twice = opened.length === 2 && !strip(text.slice(last));
      const inside = strip(twice ? text.slice(opened[0][1], opened[1][0]) : text.slice(last));
      const answer = strip(inside.replace(halfClosed, ""));
      const line = answer.split("\n", 1)[0];
      for (const part of [answer, line]) if (match(part)) return part;
      if (closed === null && answer === line && answer) return answer;
    }
    return closed;
  };
  const read = (text) => {
    const whole = value(text) ?? value(fenced(text));
    if (whole !== null) return meant(whole);
    let found = null;
    let since = 0;
    for (const each of text.matchAll(/\{[^{}]*\}/g)) {
      const content = each[0].includes('"label"') ? value(each[0]) : null;
      if (content !== null) [found, since] = [content, each.index + each[0].length];
    }
    const tag = inTag(text.slice(since));
    if (tag !== null) return tag;
    if (found !== null) return meant(found);
    return !match(text) && match(fenced(text)) ? fenced(text) : text;
  };

  // ---- label_sets/answers.py
  const glue = new RegExp(`^[${SPACE},;|&+*•-]*(?:and[${SPACE}]+)?$`, "i");
  const inLastTags = (text) => {
    const openings = [...text.matchAll(pattern("<~label~>", "gi"))];
    const answers = [];
    for (let number = openings.length - 1; number >= 0; number -= 1) {
      const next = openings[number + 1];
      const inside = text.slice(openings[number].index + openings[number][0].length, next ? next.index : text.length);
      const closing = pattern("<~/~label~>", "i").exec(inside);
      if (answers.length && !(closing && glue.test(inside.slice(closing.index + closing[0].length)))) break;
      const answer = strip(closing ? inside.slice(0, closing.index) : strip(inside).replace(halfClosed, ""));
      if (answer) answers.unshift(answer);
    }
    return answers.join("; ");
  };
  const listed = (answer) => {
    if (!strip(answer).startsWith("[")) return null;
    try {
      const names = JSON.parse(answer);
      return names.every((name) => typeof name === "string") ? names : null;
    } catch {
      return null;
    }
  };
  const named = (text) => {
    const answer = text.slice(0, 10000);
    const parts = listed(answer) ?? strip(answer).replace(/^[[\](){}]+|[[\](){}]+$/g, "").split(/[;\n|]/);
    const [known, unknown] = [new Set(), new Set()];
    for (const part of parts.map((each) => each.replace(/^[ \t*•-]+|[ \t*•-]+$/g, "")).filter(Boolean)) {
      const whole = match(part);
      for (const piece of whole ? [] : part.split(",")) {
        const label = match(piece);
        if (label) known.add(label);
        else if (strip(piece)) unknown.add(strip(piece).replace(words, " "));
      }
      if (whole) known.add(whole);
    }
    return [[...known].sort(), [...unknown]];
  };
  const several = (rest) => {
    const answer = inLastTags(rest);
    const [known, unknown] = named(answer || rest);
    return !answer && tagged && (unknown.length || !known.length) ? "" : [...known, ...unknown].map(fold).join("; ");
  };

  // ---- answers.py: answers that are no labels
  const halfClosedAnswer = pattern("<~/?~(?:l(?:a(?:b(?:el?)?)?)?)?~$", "i");
  const free = (rest) => {
    if (!tagged) return strip(rest);
    const tags = [...rest.matchAll(pattern("<~(/?)~label~>", "gi"))];
    for (let number = tags.length - 1; number >= 0; number -= 1) {
      const closing = tags[number + 1];
      if (tags[number][1]) continue;
      const inside = rest.slice(tags[number].index + tags[number][0].length, closing ? closing.index : rest.length);
      const answer = strip(closing ? inside : strip(inside).replace(halfClosedAnswer, ""));
      if (answer || (closing && closing[1])) return answer;
    }
    return "";
  };

  const given = typeof output === "string" ? output : (JSON.stringify(output) ?? "");
  const reply = !prefix || strip(given).startsWith(strip(prefix)) ? given : prefix + given;
  if (form === "labels") return several(withoutThoughts(reply));
  if (form === "answer" || form === "normalised") {
    const answer = free(withoutThoughts(reply));
    return form === "normalised" && match(answer) ? labels[0] : answer;
  }
  const whole = value(reply);
  const answer = whole === null ? read(withoutThoughts(reply)) : meant(whole);
  if (answer === null) return "";
  const label = match(answer);
  if (label) return fold(label);
  const text = fold(unwrap(unescaped(strip(answer))).replace(/[‐‑]/g, "-").replace(/[\xad\u200b\u2060\ufeff]/g, ""));
  return labels.some((each) => fold(each) === text) ? "" : text;
}
