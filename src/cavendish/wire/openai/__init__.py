"""OpenAI's two dialects, as third parties speak them: the images endpoint and the chat."""
