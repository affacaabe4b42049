// The AI SDK, `ai` 4 to 6. usage: driver.mjs compatible|openai stream|document
import {generateText, jsonSchema, streamText} from 'ai';
import {error, serve} from './serve.mjs';

const [provider, mode] = process.argv.slice(2);

const providers = {
  async compatible() {
    const {createOpenAICompatible} = await import('@ai-sdk/openai-compatible');
    return (settings, model) =>
      createOpenAICompatible({name: 'weir', includeUsage: true, ...settings}).chatModel(model);
  },
  async openai() {
    const {createOpenAI} = await import('@ai-sdk/openai');
    return (settings, model) => createOpenAI(settings).chat(model);
  },
};

/** A tool of a chat request, under the member names of all three versions of `ai`. */
function toolOf({function: {name, parameters}}) {
  const schema = jsonSchema(parameters);
  return [name, {description: name, parameters: schema, inputSchema: schema}];
}

const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
const callOf = ({toolCallId: id, toolName: name, args, input}) =>
  ({id, name, arguments: text(input ?? args)});

const modes = {
  async stream(options, view) {
    const choice = {content: '', reasoning: '', calls: []};
    view.choices.push(choice);
    const result = streamText({...options, onError() {}});
    for await (const part of result.fullStream) {
      if (part.type === 'text-delta') choice.content += part.text ?? part.textDelta;
      if (part.type === 'reasoning') choice.reasoning += part.textDelta;
      if (part.type === 'reasoning-delta') choice.reasoning += part.text;
      if (part.type === 'tool-call') choice.calls.push(callOf(part));
      if (part.type === 'error') view.error ??= error(part.error);
      if (part.type === 'finish') {
        choice.finish = part.finishReason;
        view.usage = part.totalUsage ?? part.usage;
      }
    }
  },

  async document(options, view) {
    const result = await generateText(options);
    view.choices.push({
      content: result.text,
      reasoning: result.reasoningText ?? result.reasoning,
      calls: result.toolCalls.map(callOf),
      finish: result.finishReason,
    });
    view.usage = result.totalUsage ?? result.usage;
  },
};

const modelOf = await providers[provider]();
serve(({base_url: baseURL, headers, body}, view) => modes[mode]({
  model: modelOf({baseURL, apiKey: 'sk-test'}, body.model),
  messages: body.messages,
  tools: body.tools && Object.fromEntries(body.tools.map(toolOf)),
  toolChoice: body.tool_choice && {type: 'tool', toolName: body.tool_choice.function.name},
  headers,
  maxRetries: 0,
}, view));
