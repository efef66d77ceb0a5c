/** The descriptions of shared/task.ts and shared/layers.ts in Chinese, by their English words; a test holds them complete. */
export const taskDescriptionsZh: Record<string, string> = {
  "Why the model is trained, in words a participant understands": "为什么要训练这个模型，用参与者看得懂的话说",
  "The same in other languages of the page": "同一说明的其他页面语言版本",
  "The cell text of the favourable outcome": "有利结果在单元格中的文字",
  "The cell text of the other outcome": "另一种结果在单元格中的文字",
  "Values below are raised to it. A public fact about the column, never read from the data.":
    "低于它的值提升到它。这是关于该列的公开常识，从不由数据得出。",
  "Values above are lowered to it.": "高于它的值降低到它。",
  "`log` means sign(x)·ln(1 + |x|), for amounts that span powers of ten":
    "`log` 指 sign(x)·ln(1 + |x|)，用于跨越多个数量级的数额",
  "Cell texts that mean «not known», beside the empty cell and ?": "除空单元格和 ? 之外，表示“未知”的单元格文字",
  "All values told apart; anything else counts as «other»": "需要区分的全部取值；其他取值一律算作“其他”",
  "Cell texts that belong to the group": "属于该群组的单元格文字",
  "Or a range of a numeric column: from ≤ x": "或数值列的一个范围：from ≤ x",
  "…and x < below": "……且 x < below",
  "Sensitive attributes to cross, as [sex, race]; the crossing is an attribute of its own, «sex & race»":
    "要交叉的敏感属性，如 [sex, race]；交叉后自成一个属性“sex & race”",
  "Direct identifiers: dropped as soon as the file is read": "直接标识符：读取文件时立即去除",
  "Columns of the k-anonymity report": "k-匿名报告所用的列",
  "Share of each tab's rows kept for `evaluate`": "每个标签页留给 `evaluate` 的行所占比例",
  Pixels: "像素",
  "In a table: an image file's name, or its pixels in base64, a byte a channel, row by row":
    "在表格中：图像文件的名称，或其像素的 base64，逐行、每通道一个字节",
  "1: shades of grey; 3: red, green, blue": "1：灰度；3：红、绿、蓝",
  "In the place of features: images, cut to their middle and scaled to this size. A folder's sub-folders are their labels":
    "代替特征：图像，裁取中央部分并缩放到此尺寸。文件夹的子文件夹名就是它们的标签",
  "From the features to the logit; one layer alone is logistic regression": "从特征到 logit；只有一层就是逻辑回归",
  "Whose presence is hidden: one row, or one participant": "隐藏谁是否在场：一行数据，或一位参与者",
  "L2 bound of one unit's model update": "一个单位的模型更新的 L2 上限",
  "Participant level: `adaptive` moves the clip norm, from `clipNorm` on, to the median. Default: fixed":
    "参与者级：`adaptive` 让裁剪范数从 `clipNorm` 起移向中位数。默认：fixed",
  "Record level: chance of each row to be in a round's batch; the coin stays in the tab":
    "记录级：每一行进入某一轮批次的概率；抽签留在标签页内",
  "Tasks of one family and unit share one balance in each tab. Default: each task has its own":
    "同一族且同一单位的任务在每个标签页中共用一个余额。默认：每个任务各有一个",
  "Share of epsilon given to the `profile` round": "分给 `profile` 轮的 epsilon 比例",
  "Laws the model is used under: ecoa is Regulation B, on credit in the United States":
    "模型使用时所受的法律：ecoa 指美国信贷方面的 Regulation B",
  "Default: 5 institutions (record) or 100 persons": "默认：5 个机构（记录级）或 100 人",
  "Largest share that may drop out of a round": "一轮中可以掉线的最大比例",
  "Days after the run's end until participants' public keys are deleted (default: 30)":
    "训练结束多少天后删除参与者的公钥（默认：30）",
  "Share whose noise is not counted on": "不把其噪声计算在内的比例",
  "Pair secrets of ML-KEM-768 beside X25519, against traffic that is recorded until a quantum computer is there":
    "除 X25519 外，成对密钥还用 ML-KEM-768 协商，以防流量今天被录下、日后被量子计算机破解",
  "A tab takes part at most once in so many training rounds": "每个标签页在这么多训练轮次中至多参加一次",
  "What all released models cost in the eyes of everybody but the coordinator":
    "在协调方以外的任何人眼中，所有发布的模型合计的代价",
  "Participant level, mode B: the coordinator adds noise that is correlated over the rounds. `epsilon` above stays what holds towards the coordinator":
    "参与者级别的 B 模式：协调方加入跨轮次相关的噪声。上面的 `epsilon` 仍是对协调方成立的承诺",
  "Public keys of independent witnesses that must sign every announcement, roster and result (`murmur witness`)":
    "必须为每次公告、名册和结果签名的独立见证人的公钥（`murmur witness`）",
  "Share of last rounds whose models are averaged": "对最后多大比例的轮次的模型取平均",
  "Participant level: passes over the tab's rows a round": "参与者级：每轮遍历标签页数据行的次数",
  "Participant level: rows a local step": "参与者级：本地每一步的行数",
  "Participant level: step of the local optimizer": "参与者级：本地优化器的步长",
  "Participant level; it starts anew every round": "参与者级；每轮重新开始",
  "Participant level: of the local SGD": "参与者级：本地 SGD 的动量",
  "Participant level: FedProx's μ, how strongly local steps are held to the round's model":
    "参与者级：FedProx 的 μ，本地步骤被本轮模型约束的强度",
  "The sensitive attribute the penalty acts on": "惩罚所针对的敏感属性",
  "The two groups held together; without it every group is held to all the others":
    "要保持一致的两个群组；不写则每个群组与其余所有群组相比",
  "Further penalties, held at the same time": "同时保持的其他惩罚",
  "Default: that of the first penalty": "默认：与第一个惩罚相同",
  "Select the best share of scores…": "选取分数最高的这一比例……",
  "…or every score above this probability": "……或选取高于此概率的所有分数",
  "How much harder a penalty pulls after a round, for each unit of gap beyond half the tolerance":
    "差距每超出半个容差一个单位，惩罚的拉力每轮增加多少",
  "Share of the past in the running histogram; default 0.5, more where the noise is large":
    "滑动直方图中历史所占比例；默认 0.5，噪声大时更多",
  "The most a row is pulled by a penalty, per logit; its own loss pulls by 1 at most. Default 2.5":
    "单个惩罚对一行的最大拉力，按 logit 计；它自身损失的拉力至多为 1。默认 2.5",
  "Share c of a round's joint bound that measures gaps: their noise falls as 1/c, the update's rises as 1/√(1 − c²). Default 0.35":
    "一轮联合上限中用于测量差距的比例 c：差距的噪声按 1/c 下降，更新的噪声按 1/√(1 − c²) 上升。默认 0.35",
  "Weights on the loss by group and label": "按群组和标签对损失加权",
  "After training, a decision threshold for each group that meets this; refused under ECOA":
    "训练后为每个群组设一个满足此条件的决策阈值；在 ECOA 下拒绝",
  "Of q-fair: a group's loss to this power is its weight": "q-fair 的参数：群组损失的此次幂即其权重",
  "After training, ask by secure sums what weighs in the model, for a tree that stands for it, for components":
    "训练后通过安全求和询问模型看重什么、代表它的决策树，以及主成分",
  "Share of epsilon for what weighs in the model, as much for the tree, as much for the components":
    "用于询问模型看重什么的 epsilon 比例；树和主成分各占同样多",
  "Largest L2 norm of one row's attributions, logits; longer ones are shortened to it":
    "一行归因的最大 L2 范数（logit）；更长的会缩短到它",
  "Levels of the surrogate tree, a round each; 0: no tree": "代理决策树的层数，每层一轮；0：不要树",
  "Principal components of the inputs, from their noisy second moment; 0: none":
    "输入的主成分，由带噪的二阶矩得出；0：不要",
  "Also the damping of the fairness multiplier": "也是公平乘子的阻尼",
  "Also the group-lasso strength on the first layer": "也是第一层 group lasso 的强度",
  "Conditions the model must meet before it can be exported": "模型导出前必须满足的条件",
  "Ed25519, hex, as `murmur review-key` prints it": "Ed25519，十六进制，由 `murmur review-key` 打印",
  "Days after which an approval has to be given anew": "多少天后必须重新批准",
  "Who must sign before the task is launched; without it, it is launched at once":
    "任务启动前必须由谁签字；不写则立即启动",
  "Of tokens, for each token by itself": "对词元，则逐个词元计算",
  "Windows of an image, one pixel apart, none beyond its edges": "图像上的窗口，相距一个像素，不越过边缘",
  "Of a window, in both directions": "窗口在两个方向上的大小",
  "The largest of each window, side by side; what is left over is dropped": "取每个并排窗口中的最大值；余下的部分舍去",
  "First layer: token numbers to vectors; -1 at the end of a row is padding":
    "第一层：把词元编号变为向量；行末的 -1 是填充",
  "Each token looks at all of its row that are not padding (Vaswani et al. 2017)":
    "每个词元看向本行所有非填充词元（Vaswani 等 2017）",
  "x + f(x), where f is a list of layers that keeps the shape": "x + f(x)，其中 f 是保持形状的一列层",
  "The mean of all tokens that are not padding": "所有非填充词元的平均",
  "The cell texts of three and more outcomes": "三种及以上结果在单元格中的文字",
  "Of choices among `items`: a column of numbers; the largest is the last choice, which is held back":
    "用于在 `items` 中的选择：一列数字；最大者为最后一次选择，会留出",
  "Of the catalogue's file, which each tab checks": "目录文件的哈希，每个标签页都会核对",
  "Numbers of an item's vector": "每个条目向量的数字个数",
  "In the place of features: a public catalogue, as `murmur catalogue` prints it. A row is one of its items that the person chose":
    "代替特征：公开的目录，由 `murmur catalogue` 打印。每一行是此人选择过的一个条目",
  "In the place of features: one column of English texts": "代替特征：一列英文文本",
  "Pieces of words that are read; what is longer is cut": "读取的词片数；更长的会截断",
  "Of a text: what reads it before `layers`. It is frozen, but for its adapters":
    "对文本：在 `layers` 之前读取它的编码器。除适配器外均冻结",
  "Universal Sentence Encoder lite (Cer et al. 2018), Apache-2.0":
    "Universal Sentence Encoder lite（Cer 等 2018），Apache-2.0",
  "A BERT (Devlin et al. 2019) that `murmur encoder` has brought in, which prints all of this":
    "由 `murmur encoder` 引入的 BERT（Devlin 等 2019），该命令会打印这里的各项",
  "Most tokens of a text": "一条文本最多的词元数",
  "`mean` of the tokens' vectors, normalised; `tokens` all of them, for entities":
    "`mean` 为词元向量的平均，经归一化；`tokens` 为全部词元，用于找名称",
  "Of its file, which each tab checks": "其文件的哈希，每个标签页都会核对",
  "`mean` of the tokens' vectors, normalised; `sentence` is the encoder's own last layer behind it; `tokens` all of them, for entities":
    "`mean` 为词元向量的平均，经归一化；`sentence` 为其后编码器自身的最后一层；`tokens` 为全部词元，用于找名称",
  "Types of names to find: the cell has a BIO tag for each word of the text, as «B-PER I-PER O»":
    "要找的名称类型：单元格为文本的每个词给出一个 BIO 标签，如“B-PER I-PER O”",
  "Frozen matrices that get a low-rank adapter (LoRA); without any only the layers behind are trained":
    "加上低秩适配器（LoRA）的冻结矩阵；不写则只训练其后的层",
  "Of the adapters": "适配器的秩",
  "Its parameters come with an encoder and are not trained": "其参数随编码器而来，不参与训练",
  "Rank of a low-rank adapter beside the frozen matrix (Hu et al. 2021): x·W + b + (x·A + a)·B + c":
    "冻结矩阵旁低秩适配器的秩（Hu 等 2021）：x·W + b + (x·A + a)·B + c",
  "Adds to each token the vector of its place, which comes with an encoder":
    "给每个词元加上其位置的向量，该向量随编码器而来",
  "Of each token, or of the one vector, with a gain and a bias (Ba et al. 2016, equation 4)":
    "对每个词元或那一个向量，带增益和偏置（Ba 等 2016，式 4）",
  "Without gain and bias": "不带增益和偏置",
  "Added to the variance; 1e-5 where it is left out": "加在方差上；不写则为 1e-5",
  "Numbers of a token behind it; as many as before by default": "其后每个词元的数值个数；默认与之前相同",
  "Of its two matrices": "其两个矩阵的秩",
  "x·P + p in the place of x, where f changes the numbers of a token": "当 f 改变词元的数值个数时，用 x·P + p 代替 x",
};
