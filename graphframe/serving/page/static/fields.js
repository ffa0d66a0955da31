// The inputs of the form, made from the API's own description of its fields.

const BODIES = { generations: "GenerationRequest", edits: "EditRequest", variations: "VariationRequest" };
const NEEDS_IMAGE = ["strength"];
const NO_LIMIT = 2 ** 31 - 1;
const PAGE = {
  width: { min: 8, step: 8 },
  height: { min: 8, step: 8 },
  seed: { placeholder: "random", max: "" },
  partial_images: { value: 3 },
};

// Adds an input for each field that has a title and no element of its own in the form.
export async function addFields(form, place) {
  const { components } = await (await fetch("openapi.json")).json();
  const has = (task, name) =>
    name in components.schemas[BODIES[task]].properties && !(task === "generations" && NEEDS_IMAGE.includes(name));
  for (const [name, schema] of Object.entries(components.schemas.EditRequest.properties)) {
    if (!schema.title || form.querySelector(`#${name}`)) continue;
    const label = document.createElement("label");
    label.dataset.tasks = Object.keys(BODIES).filter((task) => has(task, name)).join(" ");
    label.title = schema.description;
    label.append(`${schema.title} `, ...inputOf(name, schema));
    place.append(label);
  }
}

function inputOf(name, schema) {
  const [kind] = schema.anyOf ?? [schema];
  const input = document.createElement(kind.enum ? "select" : "input");
  input.id = name;
  input.dataset.field = kind.type ?? "string";
  input.dataset.default = schema.default ?? "";
  if (kind.enum) {
    input.replaceChildren(...kind.enum.map((value) => new Option(value)));
    input.value = schema.default;
    return [input];
  }
  Object.assign(input, { placeholder: schema.default ?? "auto", autocomplete: "off" });
  if (kind.type === "string") return [input, ...suggestions(input, schema.examples)];
  Object.assign(input, { type: "number", min: kind.minimum ?? "", step: kind.type === "integer" ? 1 : "any" });
  if (kind.maximum < NO_LIMIT) input.max = kind.maximum;
  Object.assign(input, PAGE[name]);
  return [input];
}

function suggestions(input, examples = []) {
  const list = document.createElement("datalist");
  list.id = `${input.id}-values`;
  list.append(...examples.map((value) => new Option(value)));
  input.setAttribute("list", list.id);
  return [list];
}

// The values of the visible inputs that differ from the default.
export function valuesOf(form) {
  const inputs = [...form.querySelectorAll("[data-field]")].filter(
    (input) => !input.closest("[hidden]") && input.value.trim() && input.value !== input.dataset.default,
  );
  return Object.fromEntries(
    inputs.map((input) => [input.id, input.dataset.field === "string" ? input.value.trim() : Number(input.value)]),
  );
}
