// A place to drop files. Bytes go over HTTP, one request a file; the event carries only the ids the server gave them.
import { useCallback, useRef, useState } from "react";

function send(endpoint, file, onShare) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${endpoint}?name=${encodeURIComponent(file.name)}`);
    request.responseType = "json";
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && onShare(event.loaded / event.total);
    request.onload = () => {
      const answer = request.response || {};
      if (request.status === 201) resolve({ id: answer.id });
      else resolve({ error: answer.error || "The server did not take this file. Try again." });
    };
    request.onerror = () => resolve({ error: "The connection broke. Try again; nothing was kept." });
    request.send(file);
  });
}

export function UploadBox({ endpoint, maxBytes, accept, prompt, hint, onUploaded }) {
  const [jobs, setJobs] = useState([]);
  const [over, setOver] = useState(false);
  const serial = useRef(0);

  const take = useCallback(
    async (list) => {
      const files = Array.from(list || []);
      if (!files.length) return;
      const fresh = files.map((file) => ({ key: ++serial.current, file, share: 0, error: "" }));
      setJobs((old) => [...old.filter((job) => job.error), ...fresh]);
      const change = (key, values) =>
        setJobs((old) => old.map((job) => (job.key === key ? { ...job, ...values } : job)));
      const ids = [];
      for (const job of fresh) {
        if (job.file.size > maxBytes) {
          change(job.key, { error: `Larger than ${Math.round(maxBytes / 1048576)} MB. Nothing was sent.` });
          continue;
        }
        const answer = await send(endpoint, job.file, (share) => change(job.key, { share }));
        if (answer.id) {
          ids.push(answer.id);
          setJobs((old) => old.filter((other) => other.key !== job.key));
        } else {
          change(job.key, { error: answer.error });
        }
      }
      if (ids.length) onUploaded?.(ids);
    },
    [endpoint, maxBytes, onUploaded],
  );

  const busy = jobs.filter((job) => !job.error);
  return (
    <div>
      <div
        className={over ? "drop over" : "drop"}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer.files);
        }}
      >
        <svg className="i" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor"
          strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
          <path d="M12 3v12" />
          <path d="m17 8-5-5-5 5" />
          <path d="M21 15v4a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-4" />
        </svg>
        <span className="b">{prompt}</span>
        <span className="sm mut">{hint}</span>
        <input
          type="file"
          multiple
          accept={accept}
          aria-label={prompt}
          onChange={(event) => {
            take(event.target.files);
            event.target.value = "";
          }}
        />
      </div>
      <div role="status" aria-live="polite">
        {busy.length > 0 && (
          <div className="mt12">
            <p className="sm mut">
              {busy[0].share < 1 ? "Sending" : "Reading"} {busy[0].file.name}
              {busy.length > 1 ? `, ${busy.length - 1} more` : ""}
            </p>
            <div className="bar mt4" aria-hidden="true">
              <i style={{ width: `${Math.round(100 * busy[0].share)}%` }} />
            </div>
          </div>
        )}
        {jobs
          .filter((job) => job.error)
          .map((job) => (
            <p className="ferr" key={job.key}>
              <svg className="i" width="15" height="15" viewBox="0 0 24 24" fill="none" stroke="currentColor"
                strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
                <path d="m15 9-6 6" />
                <path d="M2.586 16.726A2 2 0 0 1 2 15.312V8.688a2 2 0 0 1 .586-1.414l4.688-4.688A2 2 0 0 1 8.688 2h6.624a2 2 0 0 1 1.414.586l4.688 4.688A2 2 0 0 1 22 8.688v6.624a2 2 0 0 1-.586 1.414l-4.688 4.688a2 2 0 0 1-1.414.586H8.688a2 2 0 0 1-1.414-.586z" />
                <path d="m9 9 6 6" />
              </svg>
              <span>
                <b className="b">{job.file.name}</b>: {job.error}
              </span>
            </p>
          ))}
      </div>
    </div>
  );
}
