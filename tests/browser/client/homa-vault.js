// The site's own script as far as the memory notices it: which requests it sends when, and what it reads of the answers.
// It is made for the tests from the description of that alone; nothing of it is the original's code.
(() => {
  'use strict';

  const config = () => window.homaConfig || {};
  const listeners = {};

  window.Homa = {
    // Every listener is called twice: once by the bus itself, once by the document's event of the same name.
    on(name, listener) {
      (listeners[name] = listeners[name] || []).push(listener);
      document.addEventListener('homa:' + name, event => listener(event.detail));
    },
    emit(name, detail) {
      (listeners[name] || []).forEach(listener => listener(detail));
      document.dispatchEvent(new CustomEvent('homa:' + name, {detail}));
    },
  };

  async function send(path, options) {
    const response = await fetch((config().restUrl || '/wp-json/homaye-tabesh/v1') + path, {
      ...options, headers: {'Content-Type': 'application/json', 'X-WP-Nonce': config().nonce || ''},
    });
    return response.json(); // the HTTP status is never looked at
  }

  window.HomaAPI = {
    get: path => send(path, {method: 'GET'}),
    post: (path, body) => send(path, {method: 'POST', body: JSON.stringify(body)}),
  };

  // An answer is good when it says so. What is not is told to nobody but the console, and not sent again.
  async function ask(method, path, body) {
    try {
      const answer = await HomaAPI[method](path, body);
      if (answer.success === true) return answer;
      console.error(`Homa: ${path} was refused: ${JSON.stringify(answer)}`);
    } catch (error) {
      console.error(`Homa: ${path} had no answer: ${error}`);
    }
    return null;
  }

  let cache = {};
  let timer;

  window.HomaStore = {
    sessionToken: null,

    update(field, value) {
      cache[field] = value;
      clearTimeout(timer);
      timer = setTimeout(() => this.syncToServer(field, value), 1000);
    },
    get: field => cache[field],
    getAll: () => ({...cache}),

    async syncToServer(field, value) {
      const answer = await ask('post', '/vault/sync', {field, value, page_url: location.href});
      if (answer) this.sessionToken = answer.session_token;
    },
    saveSnapshot: (summary = null) => ask('post', '/session/snapshot', {form_snapshot: cache, chat_summary: summary}),

    async restore(token) {
      const answer = await ask('get', '/vault/restore' + (token ? '?session_token=' + encodeURIComponent(token) : ''));
      if (!answer) return null;
      for (const key of Object.keys(answer.vault_data)) cache[key] = answer.vault_data[key].value;
      this.sessionToken = answer.session_token;
      this.interests = answer.interests;
      return answer;
    },
    async clear(scope = 'session') {
      if (await ask('post', '/vault/clear', {scope})) cache = {};
    },
    async getMemorySummary() {
      const answer = await ask('get', '/memory/summary');
      return answer && answer.memory_summary;
    },
    trackInterest: (category, score = 1, source = 'organic') => ask('post', '/interest/track', {category, score, source}),
    async getPersona() {
      const answer = await ask('get', '/persona/analyze');
      return answer && answer.persona;
    },
  };

  document.addEventListener('DOMContentLoaded', async () => {
    const answer = await HomaStore.restore();
    const snapshot = (answer && answer.session && answer.session.form_snapshot) || {};
    if (Object.keys(snapshot).length > 0) Homa.emit('vault:restore_prompt', snapshot);

    const {category} = document.body.dataset;
    if (category) {
      const source = ['torob', 'google'].find(name => document.referrer.includes(name)) || 'organic';
      await HomaStore.trackInterest(category, 1, source);
    }
    document.documentElement.dataset.homa = 'ready'; // for the tests alone
  });
})();
