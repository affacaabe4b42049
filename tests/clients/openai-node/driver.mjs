// openai-node, 4 to 6. usage: driver.mjs raw|stream|document
//   raw       create({stream: true}), the chunks put together as the documentation shows it
//   stream    the helper .stream(): its snapshot and its final completion
//   document  create()
import {OpenAI} from 'openai';
import {serve} from './serve.mjs';

const REASONING = ['reasoning_content', 'reasoning', 'thinking'];

// The same text under two names in one piece is one text.
const reasoningOf = (piece) => [...new Set(REASONING.map((name) => piece[name] || ''))].join('');

/** A choice as its deltas make it, joined without any mercy: what comes twice is there twice. */
function add(choices, {index, delta, finish_reason: finish}) {
  const choice = (choices[index] ??=
    {content: '', reasoning: '', refusal: '', finish: '', calls: []});
  choice.content += delta.content ?? '';
  choice.refusal += delta.refusal ?? '';
  choice.reasoning += reasoningOf(delta);
  choice.finish += finish ?? '';
  for (const {index: at, id, function: called} of delta.tool_calls ?? []) {
    const call = (choice.calls[at] ??= {id: '', name: '', arguments: ''});
    call.id += id ?? '';
    call.name += called.name ?? '';
    call.arguments += called.arguments ?? '';
  }
  if (delta.function_call) {
    const call = (choice.function_call ??= {name: '', arguments: ''});
    call.name += delta.function_call.name ?? '';
    call.arguments += delta.function_call.arguments ?? '';
  }
}

const fromMessage = ({message, finish_reason: finish}) => ({
  content: message.content,
  reasoning: reasoningOf(message),
  refusal: message.refusal,
  finish,
  calls: (message.tool_calls ?? []).map(({id, function: called}) => ({id, ...called})),
  function_call: message.function_call,
});

const modes = {
  async raw(client, body, options, view) {
    for await (const chunk of await client.chat.completions.create(body, options)) {
      for (const choice of chunk.choices) add(view.choices, choice);
      if (chunk.usage && view.usage) throw new Error('usage comes twice');
      view.usage = chunk.usage ?? view.usage;
    }
  },

  async stream(client, body, options, view) {
    const completions = client.chat.completions.stream ? client.chat.completions
                                                       : client.beta.chat.completions;
    const runner = completions.stream(body, options);
    const reasoning = []; // the helper keeps only the last piece of a member that it does not know
    const look = (completion) => {
      view.choices = completion.choices.map(fromMessage);
      view.choices.forEach((choice, index) => { choice.reasoning = reasoning[index]; });
      view.usage = completion.usage;
    };
    runner.on('chunk', (chunk, snapshot) => {
      for (const {index, delta} of chunk.choices)
        reasoning[index] = (reasoning[index] ?? '') + reasoningOf(delta);
      look(snapshot);
    });
    look(await runner.finalChatCompletion());
  },

  async document(client, body, options, view) {
    const completion = await client.chat.completions.create(body, options);
    view.choices = completion.choices.map(fromMessage);
    view.usage = completion.usage;
  },
};

const ask = modes[process.argv[2]];
serve(({base_url: baseURL, headers, body}, view) =>
  ask(new OpenAI({baseURL, apiKey: 'sk-test', maxRetries: 0}), body, {headers}, view));
