// The program of test_node.py: the openai client for Node, against the server at the URL in the first argument.
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ baseURL: process.argv[2], apiKey: "unused", maxRetries: 0 });
const prompt = "a cat";
const picture = () => toFile(Buffer.from("PNG"), "upload");
const results = {};

results.generate = (await client.images.generate({ prompt, n: 2, model: "gpt-image-1", seed: 7 })).data;
results.url = (await client.images.generate({ prompt, model: "dall-e-3", style: "vivid", quality: "hd" })).data;
results.edit = (await client.images.edit({ prompt, image: [await picture()], mask: await picture(), n: 1 })).data;
results.variation = (await client.images.createVariation({ image: await picture(), n: 2 })).data;
results.events = [];
for await (const event of await client.images.generate({ prompt, stream: true, partial_images: 2 })) {
  results.events.push(event.type);
}
results.error = await client.images.generate({ prompt, n: 0 }).catch(({ status, param, requestID }) => ({ status, param, requestID }));
results.models = (await client.models.list()).data;
console.log(JSON.stringify(results));
