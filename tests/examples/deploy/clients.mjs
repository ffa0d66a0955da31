// The program of test_clients.py: clients for Node, against the server at the URL in the first argument.
import { createOpenAI } from "@ai-sdk/openai";
import { generateImage } from "ai";
import OpenAI, { toFile } from "openai";

const [baseURL, ...models] = process.argv.slice(2);
const prompt = "a cat";
const results = {};

const client = new OpenAI({ baseURL, apiKey: "unused", maxRetries: 0 });
results.generate = {};
for (const model of models) {
  results.generate[model] = (await client.images.generate({ prompt, model, response_format: "b64_json" })).data[0].b64_json;
}
const image = await toFile(Buffer.from("\x89PNG", "latin1"), "image.png");
results.edit = (await client.images.edit({ prompt, image, model: "gpt-image-2" })).data[0].b64_json;
results.url = (await client.images.generate({ prompt, model: "dall-e-3" })).data[0].url;
results.events = [];
for await (const event of await client.images.generate({ prompt, model: "gpt-image-2", stream: true, partial_images: 2 })) {
  results.events.push(event.type);
}

const openai = createOpenAI({ baseURL, apiKey: "unused" });
results.sdk = {};
for (const model of models) {
  const { images } = await generateImage({ model: openai.image(model), prompt, n: 2, size: "512x512", maxRetries: 0 });
  results.sdk[model] = images.map((image) => image.base64);
}
console.log(JSON.stringify(results));
