// The shop's page around the site's script: its form, its question whether to load the former values, and its chat.
(() => {
  'use strict';

  const calculator = document.getElementById('calculator');
  const prompt = document.getElementById('prompt');
  const chat = document.getElementById('chat');
  let offered = {};

  calculator.addEventListener('input', ({target}) => Homa.emit('form:changed', {field: target.name, value: target.value}));
  Homa.on('form:changed', ({field, value}) => HomaStore.update(field, value));
  calculator.addEventListener('submit', event => {
    event.preventDefault();
    HomaStore.saveSnapshot();
  });

  Homa.on('vault:restore_prompt', snapshot => {
    offered = snapshot;
    prompt.hidden = false;
  });
  document.getElementById('yes').addEventListener('click', () => {
    for (const input of calculator.elements) if (input.name && offered[input.name] !== undefined) input.value = offered[input.name];
    prompt.hidden = true;
  });

  chat.addEventListener('submit', event => {
    event.preventDefault();
    Homa.emit('chat:message', {role: 'user', content: chat.elements.message.value});
    chat.reset();
  });
  // Called twice for each message, as every listener is, so that every message stands in the list twice.
  Homa.on('chat:message', message => HomaStore.update('chat_messages', [...HomaStore.get('chat_messages') || [], message]));
})();
