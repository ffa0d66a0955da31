// The request to the server: its fields, its body, and its text as a curl command or Python code.

import { valuesOf } from "./fields.js";

const base = new URL("v1", document.baseURI).href;

export function taskOf(form) {
  return form.elements.task.value;
}

export function fieldsOf(form, model) {
  const fields = { model };
  if (taskOf(form) !== "variations") {
    fields.prompt = form.querySelector("#prompt").value.trim();
    fields.negative_prompt = form.querySelector("#negative_prompt").value.trim() || undefined;
    fields.stream = true;
  }
  return JSON.parse(JSON.stringify({ ...fields, ...valuesOf(form), response_format: "b64_json" }));
}

export function toRequest(task, fields, files, headers) {
  if (task === "generations") {
    return { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(fields) };
  }
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, String(value));
  for (const [name, file, fileName] of partsOf(files)) body.append(name, file, fileName);
  return { method: "POST", headers, body };
}

const fileNameOf = (name, index) => (index ? `${name}-${index + 1}.png` : `${name}.png`);

// The parts of a form for lists of files by field: [name, file, file name].
function partsOf(files) {
  return Object.entries(files).flatMap(([name, list]) =>
    list.map((file, index) => [list.length > 1 ? `${name}[]` : name, file, fileNameOf(name, index)]),
  );
}

// Milliseconds by node.
function timingsOf(response) {
  const stages = response.headers.get("server-timing")?.split(", ") ?? [];
  return Object.fromEntries(stages.map((stage) => stage.split(";dur=")).map(([name, time]) => [name, Number(time)]));
}

// Yields the events of a stream, or the one answer of a request without a stream.
export async function* answers(response) {
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    yield { ...(await response.json()), timings: timingsOf(response) };
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const events = text.split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = event.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5)).join("\n").trim();
      if (data && data !== "[DONE]") yield JSON.parse(data);
    }
  }
}

const quoted = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;

export function asCurl(task, fields, files, key) {
  const { stream, partial_images, ...rest } = fields;
  const lines = [`curl ${base}/images/${task}`];
  if (key) lines.push("-H 'Authorization: Bearer YOUR_KEY'");
  if (task === "generations") {
    lines.push("-H 'Content-Type: application/json'", `-d ${quoted(JSON.stringify(rest))}`);
  } else {
    for (const [name, value] of Object.entries(rest)) lines.push(`--form-string ${quoted(`${name}=${value}`)}`);
    for (const [name, , fileName] of partsOf(files)) lines.push(`-F ${name}=@${fileName}`);
  }
  return lines.join(" \\\n  ");
}

export function asPython(task, fields, files, key) {
  const { stream, partial_images, model, prompt, n, output_format, response_format, ...extra } = fields;
  const literal = (value) => JSON.stringify(value);
  const known = { model, prompt, n, output_format, response_format };
  const call = { generations: "generate", edits: "edit", variations: "create_variation" }[task];
  if (call === "create_variation" && output_format) extra.output_format = output_format;
  const lines = Object.entries(known)
    .filter(([name, value]) => value !== undefined && !(call === "create_variation" && name === "output_format"))
    .map(([name, value]) => `    ${name}=${literal(value)},`);
  for (const [name, list] of Object.entries(files)) {
    const opened = list.map((file, index) => `open("${fileNameOf(name, index)}", "rb")`);
    if (list.length) lines.push(`    ${name}=${list.length > 1 ? `[${opened.join(", ")}]` : opened[0]},`);
  }
  if (Object.keys(extra).length) lines.push(`    extra_body=${literal(extra)},`);
  return [
    "import base64",
    "import openai",
    "",
    `client = openai.OpenAI(base_url="${base}", api_key=${key ? '"YOUR_KEY"' : '"unused"'})`,
    `response = client.images.${call}(`,
    ...lines,
    ")",
    "for index, image in enumerate(response.data):",
    `    open(f"image-{index}.${output_format ?? "png"}", "wb").write(base64.b64decode(image.b64_json))`,
  ].join("\n");
}
