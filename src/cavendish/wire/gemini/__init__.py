"""The dialect of generateContent, as the Gemini API and Vertex AI speak it."""
