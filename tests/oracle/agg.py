"""Executable reference for AGG-* / SYN-* clauses (chat completions). Stdlib only."""
import json,copy,glob,os,random
KNOWN_DELTA={"role","content","refusal","tool_calls","function_call","audio","annotations","reasoning_content","reasoning"}
STR_TOP=("id","created","model")          # first non-empty wins
LAST_TOP=("service_tier","system_fingerprint","moderation")  # last non-null wins
def sse_events(b):
    txt=b.decode('utf-8-sig'); out=[];data=[]
    for line in txt.replace('\r\n','\n').replace('\r','\n').split('\n'):
        if line=='':
            if data: out.append('\n'.join(data)); data=[]
        elif line.startswith(':'): pass
        else:
            f,_,v=line.partition(':'); v=v[1:] if v.startswith(' ') else v
            if f=='data': data.append(v)
    return out
def merge(a,d):                       # unknown delta keys
    if a is None: return copy.deepcopy(d)
    if d is None: return a
    if isinstance(a,str) and isinstance(d,str): return a+d
    if isinstance(a,dict) and isinstance(d,dict):
        for k,v in d.items(): a[k]=merge(a.get(k),v) if k not in("index","type","id","format","signature","name") else (v if v not in(None,"") else a.get(k))
        return a
    if isinstance(a,list) and isinstance(d,list):
        for e in d:
            if isinstance(e,dict) and isinstance(e.get("index"),int):
                for x in a:
                    if isinstance(x,dict) and x.get("index")==e["index"]: merge(x,e); break
                else: a.append(copy.deepcopy(e))
            else: a.append(copy.deepcopy(e))
        return a
    return copy.deepcopy(d)
class StreamError(Exception): pass
def aggregate(chunks):
    R={}; C={}
    for c in chunks:
        if c.get("error"): raise StreamError(c["error"])
        for k in STR_TOP:
            if k not in R and c.get(k) not in (None,"",0): R[k]=c[k]
        for k in LAST_TOP:
            if k in c and (c[k] is not None or k not in R): R[k]=c[k]
        if c.get("usage") is not None: R["usage"]=c["usage"]
        for k,v in c.items():
            if k not in STR_TOP+LAST_TOP+("object","choices","usage","obfuscation","error"): R[k]=v
        for ch in c.get("choices") or []:
            i=ch.get("index",0); s=C.setdefault(i,{"index":i,"message":{"role":"assistant","content":None,"refusal":None},"logprobs":None,"finish_reason":None,"_t":{}})
            m=s["message"]; d=ch.get("delta") or {}
            if ch.get("finish_reason") and s["finish_reason"] is None: s["finish_reason"]=ch["finish_reason"]
            for k,v in ch.items():
                if k not in ("index","delta","logprobs","finish_reason","usage") and v is not None: s[k]=v
            lp=ch.get("logprobs")
            if lp is not None:
                L=s["logprobs"]=s["logprobs"] or {"content":None,"refusal":None}
                for k in("content","refusal"):
                    if lp.get(k) is not None: L[k]=(L[k] or [])+lp[k]
            for k in("content","refusal","reasoning_content","reasoning"):
                if d.get(k) is not None: m[k]=(m.get(k) or "")+d[k]
            fc=d.get("function_call")
            if fc:
                F=m.setdefault("function_call",{"name":"","arguments":""})
                if fc.get("name"): F["name"]=fc["name"]
                F["arguments"]+=fc.get("arguments") or ""
            for t in d.get("tool_calls") or []:
                k=t["index"]; T=s["_t"].setdefault(k,{"id":None,"type":"function"})
                if t.get("id") and not T["id"]: T["id"]=t["id"]
                if t.get("type"): T["type"]=t["type"]
                for kind,fld in(("function","arguments"),("custom","input")):
                    if t.get(kind) is not None:
                        X=T.setdefault(kind,{"name":"",fld:""})
                        if t[kind].get("name") and not X["name"]: X["name"]=t[kind]["name"]
                        X[fld]+=t[kind].get(fld) or ""
                for kk,v in t.items():
                    if kk not in("index","id","type","function","custom"): T[kk]=merge(T.get(kk),v)
            if d.get("audio"):
                A=m.setdefault("audio",{})
                for k in("id","expires_at"):
                    if d["audio"].get(k) is not None: A[k]=d["audio"][k]
                for k in("data","transcript"):
                    if d["audio"].get(k) is not None: A[k]=A.get(k,"")+d["audio"][k]
            if d.get("annotations"): m["annotations"]=m.get("annotations",[])+d["annotations"]
            for k,v in d.items():
                if k not in KNOWN_DELTA: m[k]=merge(m.get(k),v)
    out={"id":R.get("id"),"object":"chat.completion","created":R.get("created"),"model":R.get("model"),"choices":[]}
    for i in sorted(C):
        s=C[i]; m=s["message"]; t=s.pop("_t")
        if t: m["tool_calls"]=[t[k] for k in sorted(t)]
        if (t or m.get("function_call")) and m["content"]=="" : m["content"]=None
        if m.get("refusal") and m["content"]=="" : m["content"]=None
        out["choices"].append(s)
    for k,v in R.items():
        if k not in out: out[k]=v
    return out
def synthesize(J,include_usage,tail=None):
    """JSON -> list of chunk dicts (tail: also emit [DONE] by the writer)"""
    base={k:J[k] for k in("id","created","model") if k in J}; head={"id":base.get("id"),"object":"chat.completion.chunk","created":base.get("created"),"model":base.get("model")}
    for k in("service_tier","system_fingerprint"):
        if k in J: head[k]=J[k]
    out=[]
    def emit(i,delta,fr=None,lp=None,extra=None):
        c=dict(head); c["choices"]=[{"index":i,"delta":delta,"logprobs":lp,"finish_reason":fr,**(extra or {})}]
        if include_usage: c["usage"]=None
        out.append(c)
    for ch in J["choices"]:
        i=ch["index"]; m=ch["message"]; lp=ch.get("logprobs"); tools=m.get("tool_calls") or []; fc=m.get("function_call")
        emit(i,{"role":m.get("role","assistant"),"content":None if (m.get("content") is None and (tools or fc)) else "","refusal":None})
        for k in("reasoning_content","reasoning"):
            if m.get(k): emit(i,{k:m[k]})
        used=False
        def lpc(kind):
            if lp is None or lp.get(kind) is None: return None
            return {"content":lp["content"] if kind=="content" else None,"refusal":lp["refusal"] if kind=="refusal" else None}
        if m.get("content"): emit(i,{"content":m["content"]},None,lpc("content"))
        elif lp and lp.get("content") is not None: emit(i,{"content":""},None,lpc("content"))
        if m.get("refusal"): emit(i,{"refusal":m["refusal"]},None,lpc("refusal"))
        if m.get("annotations"): emit(i,{"annotations":m["annotations"]})
        if m.get("audio"):
            a=m["audio"]; emit(i,{"audio":{"id":a.get("id")}}); 
            if "transcript" in a: emit(i,{"audio":{"transcript":a["transcript"]}})
            if "data" in a: emit(i,{"audio":{"data":a["data"]}})
            if "expires_at" in a: emit(i,{"audio":{"expires_at":a["expires_at"]}})
        for k,v in m.items():
            if k not in KNOWN_DELTA and v is not None: emit(i,{k:v})
        for n,t in enumerate(tools):
            kind="custom" if t.get("type")=="custom" else "function"; fld="input" if kind=="custom" else "arguments"
            extra={k:v for k,v in t.items() if k not in("id","type","function","custom","index")}
            emit(i,{"tool_calls":[{"index":n,"id":t["id"],"type":t.get("type","function"),kind:{"name":t[kind]["name"],fld:""},**extra}]})
            if t[kind][fld]: emit(i,{"tool_calls":[{"index":n,kind:{fld:t[kind][fld]}}]})
        if fc:
            emit(i,{"function_call":{"name":fc["name"],"arguments":""}}); emit(i,{"function_call":{"arguments":fc["arguments"]}})
        emit(i,{},ch.get("finish_reason") or "stop",None,{k:v for k,v in ch.items() if k not in("index","message","logprobs","finish_reason") and v is not None})
    if J.get("moderation") is not None: c=dict(head); c["choices"]=[]; c["moderation"]=J["moderation"]; (c.update(usage=None) if include_usage else None); out.append(c)
    if include_usage and J.get("usage") is not None: c=dict(head); c["choices"]=[]; c["usage"]=J["usage"]; out.append(c)
    if out: out[-1].update({k:v for k,v in J.items() if k not in("id","object","created","model","choices","usage","service_tier","system_fingerprint","moderation","obfuscation","error")})
    return out
def canon(J):
    J=copy.deepcopy(J); J["object"]="chat.completion"; J.pop("obfuscation",None)
    J["choices"].sort(key=lambda c:c["index"])
    for c in J["choices"]:
        c.setdefault("logprobs",None); m=c["message"]; m.setdefault("refusal",None); m.setdefault("content",None)
        for n,t in enumerate(m.get("tool_calls") or []): t.pop("index",None)
        if m.get("tool_calls")==[]: m.pop("tool_calls")
        if (m.get("tool_calls") or m.get("function_call") or m.get("refusal")) and m["content"]=="": m["content"]=None
        if m.get("annotations")==[]: m.pop("annotations")
        for k in [k for k,v in m.items() if v is None and k not in("content","refusal")]: m.pop(k)
        for k in [k for k,v in c.items() if v is None and k not in("logprobs","finish_reason")]: c.pop(k)
        if m["content"] is None and not(m.get("tool_calls") or m.get("function_call") or m.get("refusal")): m["content"]=""
        if c["logprobs"] and c["logprobs"].get("content") is None and c["logprobs"].get("refusal") is None: c["logprobs"]=None
    return J
if __name__=="__main__":
    n=0
    for f in sorted(glob.glob(os.path.join(os.path.dirname(__file__),'..','data','fixtures','*chat*.sse'))):
        ev=[json.loads(e) for e in sse_events(open(f,'rb').read()) if not e.startswith('[DONE]')]
        try: J=aggregate(ev)
        except StreamError as e: print(f.split('/')[-1],'-> error',e); continue
        for inc in(True,False):
            J2=aggregate(synthesize(J,inc)); a,b=canon(J),canon(J2)
            if not inc: a.pop("usage",None)
            assert a==b,(f,a,b); n+=1
    rnd=random.Random(7)
    def rs(): return ''.join(rnd.choice('abé\n"\\😀 {}') for _ in range(rnd.randint(0,12)))
    def rj():
        ch=[]
        for i in range(rnd.randint(1,3)):
            m={"role":"assistant","content":rnd.choice([None,rs()]),"refusal":rnd.choice([None,None,rs() or None])}
            if rnd.random()<.4: m["tool_calls"]=[{"id":f"call_{i}{k}","type":"function","function":{"name":"f","arguments":rnd.choice(["{}",'{"a":1}'])}} for k in range(rnd.randint(0,3))]
            if rnd.random()<.2: m["function_call"]={"name":"g","arguments":"{}"}
            if rnd.random()<.4: m["reasoning_content"]=rs() or "x"
            if rnd.random()<.3: m["annotations"]=[{"type":"url_citation","url_citation":{"start_index":0,"end_index":1,"url":"u","title":"t"}}]
            if rnd.random()<.2: m["audio"]={"id":"audio_1","data":"AAAA","transcript":rs(),"expires_at":5}
            if rnd.random()<.2: m["x_vendor"]={"k":[1,2],"s":"v"}
            lp=None
            if rnd.random()<.3: lp={"content":[{"token":"a","logprob":-1.0,"bytes":[97],"top_logprobs":[]}],"refusal":None}
            c={"index":i,"message":m,"logprobs":lp,"finish_reason":rnd.choice(["stop","length","tool_calls","content_filter"])}
            if rnd.random()<.3: c["stop_reason"]=rnd.choice([7,"</s>"])
            if rnd.random()<.2: c["content_filter_results"]={"hate":{"filtered":False}}
            ch.append(c)
        J={"id":"chatcmpl-1","object":"chat.completion","created":5,"model":"m","choices":ch,"service_tier":"default","system_fingerprint":None}
        if rnd.random()<.3: J["citations"]=["u"]; J["timings"]={"n":1.5}
        if rnd.random()<.8: J["usage"]={"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}
        return J
    for _ in range(20000):
        J=rj(); a=canon(J); b=canon(aggregate(synthesize(J,True))); assert a==b,json.dumps([a,b],indent=1); n+=1
    print('round trips ok:',n)
