// @langchain/openai. usage: driver.mjs stream|document
import {ChatOpenAI} from '@langchain/openai';
import {serve} from './serve.mjs';

// Beside images the text is one of several parts.
const textOf = (content) => (typeof content === 'string' ? content
  : content.filter(({type}) => type === 'text').map(({text}) => text).join(''));

function look(message, view) {
  const {tool_calls: calls = [], invalid_tool_calls: invalid = []} = message;
  const more = message.additional_kwargs;
  view.choices = [{
    content: textOf(message.content),
    reasoning: more.reasoning_content,
    refusal: more.refusal,
    finish: message.response_metadata.finish_reason,
    calls: [
      ...calls.map(({id, name, args}) => ({id, name, arguments: JSON.stringify(args)})),
      ...invalid.map(({id, name, args}) => ({id, name, arguments: args})),
    ],
    function_call: more.function_call,
  }];
  view.usage = message.usage_metadata;
}

const modes = {
  async stream(model, messages, view) {
    let whole;
    for await (const chunk of await model.stream(messages)) {
      whole = whole ? whole.concat(chunk) : chunk;
      look(whole, view);
    }
  },

  async document(model, messages, view) {
    look(await model.invoke(messages), view);
  },
};

const ask = modes[process.argv[2]];
serve(({base_url: baseURL, headers, body}, view) => {
  const {model, messages, stream, stream_options: _, tools, tool_choice: choice, ...more} = body;
  const chat = new ChatOpenAI({model, apiKey: 'sk-test', maxRetries: 0, modelKwargs: more,
                               configuration: {baseURL, defaultHeaders: headers}});
  const able = tools ? chat.bindTools(tools, choice ? {tool_choice: choice} : {}) : chat;
  return ask(able, messages, view);
});
